"""A whole Home Assistant with cameras, for `scripts/develop` and for tests.

`leash` runs programs that end with this process; `cameras` and `home_assistant` run the two
kinds of program; `config_folder` writes the configuration; `api` sends the requests of a
browser; `__main__` puts everything together.
"""
