"""Signals: the bytes that a sensor sends in, what they say out."""
