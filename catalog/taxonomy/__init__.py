"""The terms that ship with the product, read from its data file."""
