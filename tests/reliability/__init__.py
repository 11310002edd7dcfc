"""Every fault that a camera, a network or FFmpeg may have, and what becomes of the stream.

`cases` is the table of faults, `scene` plays one of them, `viewer` is who watches meanwhile.
`python -m tests.reliability` plays all and writes docs/reliability.md.
"""
