"""The package `camera` of the core."""
