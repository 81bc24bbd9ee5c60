"""Reads of the ground that span aggregates."""
