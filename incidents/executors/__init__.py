"""Carrying commands out: a rendered request in, an outcome out."""
