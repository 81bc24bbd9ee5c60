"""What incidents hands down to the ground."""
