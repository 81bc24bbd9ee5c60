"""Proposing how sensitive an asset is."""
