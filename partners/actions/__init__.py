"""Every write of the partners app."""
