"""Many cameras without Home Assistant: the same core behind an HTTP API, for machines of its own.

`core` makes the core importable, `configuration` reads a TOML file, `cameras` opens what it says,
`viewers` and `api` serve it over HTTP, `metrics` is for Prometheus, and `run` ties them together.
"""
