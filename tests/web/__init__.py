"""The modules of `web/` that need no Home Assistant."""
