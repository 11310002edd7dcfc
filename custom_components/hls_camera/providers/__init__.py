"""Providers of sources: one module for each kind of source that an entry can have.

May import the core and `const`. A new kind is one module with a subclass of `SourceProvider`,
one line in `registry`, and the texts of its forms.
"""
