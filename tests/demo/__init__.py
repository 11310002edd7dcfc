"""A whole Home Assistant with cameras: what `scripts/develop` shows, and what tests look at.

`leash` runs programs that cannot outlive us; `cameras` and `home_assistant` run the two
kinds of program; `config_folder` is what Home Assistant starts with; `api` talks to it as
a browser would; `demo` puts it all together.
"""
