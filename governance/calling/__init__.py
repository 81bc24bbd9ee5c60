"""Calling addresses that others name: pinned, bounded, without redirects."""
