"""Reading CACAO 2.0 playbooks: bytes in, frozen steps out."""
