"""Tests from end to end: a real Home Assistant, a real Chromium."""
