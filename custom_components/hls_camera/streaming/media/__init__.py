"""Media formats: packets, boxes, samples, codecs and tracks.

Imports `errors` and its neighbours only.
"""
