"""Finds a camera's streams from its address, username and password.

ONVIF (`onvif`) describes the device, its channels and their streams. Where it does not answer,
the paths that makers document are tried over RTSP (`makers_paths`). Both work with one
`Credentials`, which ends the search before a camera locks the account. `ws_discovery` finds
the addresses of cameras in the network.
"""
