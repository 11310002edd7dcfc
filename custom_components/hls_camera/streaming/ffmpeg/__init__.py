"""FFmpeg as a process: its start, log, output and end.

May import `sources` and below.
"""
