"""What partners hands down to the ground."""
