"""Own pages: the list of incidents, declaring one, and its room."""
