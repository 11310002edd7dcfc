"""Tests of the events of cameras by ONVIF, without Home Assistant."""
