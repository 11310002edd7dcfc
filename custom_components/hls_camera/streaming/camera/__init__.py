"""One camera: its streams, viewers, demand and events.

May import everything below.
"""
