"""Tests of the converters, with a stand-in for go2rtc: real FFmpeg and RTSP behind its API."""
