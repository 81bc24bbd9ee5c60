"""Charts as plain values: series in, scaled points and words out, drawn by SVG templates."""
