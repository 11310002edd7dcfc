"""Where media comes from: addresses, logins and local stand-ins.

May import `media`.
"""
