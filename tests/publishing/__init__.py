"""Tests of publishing: real web servers, a real object store, and real media."""
