"""What viewers and programs get from a live stream.

May import `live` and below.
"""
