"""What to do when it breaks: incidents, runbooks and honest clocks."""
