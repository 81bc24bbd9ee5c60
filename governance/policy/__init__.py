"""The policy engine: rules and links in, decisions out; knows no table and no request."""
