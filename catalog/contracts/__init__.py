"""Data contracts of the Open Data Contract Standard: bytes in, values out, and back."""
