"""JSON interfaces of the catalog."""
