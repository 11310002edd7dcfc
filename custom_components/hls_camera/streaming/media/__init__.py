"""Media formats: boxes, samples, codecs and tracks.

Imports `errors` and its neighbours only.
"""
