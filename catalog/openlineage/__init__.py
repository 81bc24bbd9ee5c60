"""OpenLineage 2-0-2: events in; a register that any order of them fills alike; rows out."""
