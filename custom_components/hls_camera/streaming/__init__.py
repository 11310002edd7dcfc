"""The streaming core: one camera in, low-latency HLS out.

Standard library only and no Home Assistant: everything here also runs, and is
tested, on its own. docs/architecture.md shows the packages and their order.
"""
