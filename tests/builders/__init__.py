"""Records for tests, by plain functions."""
