"""Fuzzing of what reads bytes that others wrote: `scripts/fuzz --help`."""
