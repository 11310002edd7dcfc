"""Faults of cameras, networks and FFmpeg, and their effect on the stream.

`cases` is the table of faults, `scene` plays one of them, `viewer` watches meanwhile.
`python -m tests.reliability` plays all of them and writes docs/reliability.md.
"""
