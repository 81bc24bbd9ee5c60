"""What catalog hands down to the ground."""
