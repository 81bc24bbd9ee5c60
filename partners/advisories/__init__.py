"""Vulnerability feeds: bytes in, advisories and matches out."""
