"""The folder that Home Assistant loads custom integrations from."""
