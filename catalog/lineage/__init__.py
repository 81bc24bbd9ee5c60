"""Where the values of a view's columns come from, read from its SQL text; sqlglot stays here."""
