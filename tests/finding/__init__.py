"""Tests of the search for cameras, without Home Assistant."""
