"""Converters: go2rtc on other hosts, which converts the pictures of cameras.

Needs no Home Assistant.
"""
