"""The kinds of sources, each with its forms, in Home Assistant."""
