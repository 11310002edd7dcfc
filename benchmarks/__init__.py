"""Measurements that anyone can repeat.

`scripts/benchmark` runs `__main__`: each measure (`picture`, `cameras`, `viewers`,
`conversion`) has a `bench` with both sides in one Home Assistant, takes its figures in
`rounds` and puts them into the `results`, which `report` shows as `sections` and
`targets`. `latency` and `soak` measure the core alone.
"""
