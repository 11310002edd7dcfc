"""Interfaces over HTTP and WebSocket: playlists, media, live feeds and the card's commands.

May import the core, and modules that docs/architecture.md lists below `web`.
"""
