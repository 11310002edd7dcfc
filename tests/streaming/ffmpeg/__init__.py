"""The package `ffmpeg` of the core."""
