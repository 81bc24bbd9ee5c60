"""The board's pages of partners; importing them registers them."""

from partners.admin import feeds, findings, partners, sboms

__all__ = ["feeds", "findings", "partners", "sboms"]
