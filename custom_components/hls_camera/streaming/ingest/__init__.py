"""From a camera to a live stream: runs of FFmpeg and their supervision.

May import `outputs` and below.
"""
