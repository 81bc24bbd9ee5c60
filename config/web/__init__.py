"""Own pages that compose several apps."""
