"""Fuzzing of parsers for foreign bytes: `scripts/fuzz --help`."""
