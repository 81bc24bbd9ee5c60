"""Bills of materials: bytes in, components and defects out."""
