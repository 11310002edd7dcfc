"""Outputs of a live stream, for viewers and programs.

May import `live` and below.
"""
