"""JSON interfaces of incidents."""
