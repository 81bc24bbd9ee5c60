"""Tests of what the database does itself."""
