"""Repeatable measurements.

`scripts/benchmark` runs `__main__`: each measure (`picture`, `cameras`, `viewers`,
`conversion`) starts a `bench` with both sides in one Home Assistant, takes its figures in
`rounds` and stores them in the `results`, which `report` writes as `sections` and
`targets`. `latency` and `soak` measure the core alone.
"""
