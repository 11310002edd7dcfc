"""The events of cameras by ONVIF: motion, persons, vehicles, visitors and others.

A device holds a subscription (`pull_point`), from which its events are pulled. One
subscription serves all channels of a device, and exists while somebody listens
(`device_events`). `topics` lists the makers' names of their events.
"""
