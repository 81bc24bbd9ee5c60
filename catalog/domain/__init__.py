"""Plain rules: standard library only."""
