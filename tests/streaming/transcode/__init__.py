"""The package `transcode` of the core."""
