"""JSON interfaces of the partners app, for our people and for partner contacts."""
