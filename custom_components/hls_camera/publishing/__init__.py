"""Publishes a stream outside of this machine: as HLS at a destination, or by RTMP.

A publication (`publication`) keeps the stream awake and repeats what fails. HLS (`hls_publisher`)
joins media segments (`segment_joiner`), and puts them at a destination (`destination`): a folder,
a web server or an object store (`kinds`). It never slows the camera: segments wait in a bounded
queue (`segment_queue`), and are dropped whole when the destination is too slow.

The package imports the core and libraries, but never Home Assistant.
"""
