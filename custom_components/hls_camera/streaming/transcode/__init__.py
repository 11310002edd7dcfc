"""Conversion: the decision, the format, the encoder.

May import `ffmpeg` and below.
"""
