"""The package `media` of the core."""
