"""Inputs of FFmpeg: addresses, logins, local endpoints and gateways.

May import `media`.
"""
