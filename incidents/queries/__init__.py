"""Reads that span aggregates."""
