"""The package `ingest` of the core."""
