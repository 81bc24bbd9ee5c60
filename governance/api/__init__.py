"""JSON interfaces of the ground."""
