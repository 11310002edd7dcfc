"""The codecs of cameras: whether they play in a browser, and their CPU time.

`cases` is the matrix, `play` plays one of its cells in Chromium, `cost` measures CPU time.
`python -m tests.codecs` plays and measures all of them, and writes docs/codecs.md.
"""
