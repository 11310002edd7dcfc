"""Tests: of the core, of the integration in Home Assistant, and from end to end."""
