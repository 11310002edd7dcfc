"""The package `sources` of the core."""
