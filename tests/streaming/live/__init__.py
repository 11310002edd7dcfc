"""The package `live` of the core."""
