"""What partners ship, what is vulnerable in it and what is due when."""
