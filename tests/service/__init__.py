"""Tests of the service: its configuration, its API, and the program itself."""
