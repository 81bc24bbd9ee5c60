"""Calling addresses that partners name: pinned, bounded, without redirects."""
