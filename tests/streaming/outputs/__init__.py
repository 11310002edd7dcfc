"""The package `outputs` of the core."""
