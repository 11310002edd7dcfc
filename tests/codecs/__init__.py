"""Every codec that cameras send: whether it plays in a browser, and what that costs.

`cases` is the matrix, `play` plays a cell of it in Chromium, `cost` measures FFmpeg and us.
`python -m tests.codecs` plays and measures all, and writes docs/codecs.md.
"""
