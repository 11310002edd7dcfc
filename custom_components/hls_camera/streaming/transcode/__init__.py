"""Conversion: whether, into what, by which encoder.

May import `ffmpeg` and below.
"""
