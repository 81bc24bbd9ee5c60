"""Own pages: findings and partners for our people, the portal for partner contacts."""
