"""Files of evidence: kept under their own hash, hashed again, packed for others."""
