"""The live stream: frames in, segments and partial segments out.

May import `transcode` and below.
"""
