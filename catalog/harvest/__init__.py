"""Reading what data a system holds, without reading the data."""
