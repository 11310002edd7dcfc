"""Tests of the core: they need no Home Assistant."""
