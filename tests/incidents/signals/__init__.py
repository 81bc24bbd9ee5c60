"""Tests of reading signals."""
