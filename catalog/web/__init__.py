"""Own pages of the catalog."""
