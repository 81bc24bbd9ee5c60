"""What the ground registers itself."""
