"""Reading the grants that other systems really hold."""
