"""The board's pages of partners; importing them registers them."""

from partners.admin import answers, feeds, findings, partners, policies, register, sboms

__all__ = ["answers", "feeds", "findings", "partners", "policies", "register", "sboms"]
