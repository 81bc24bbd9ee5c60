"""A witness of transparency logs (C2SP tlog-witness): it cosigns heads that only ever grow."""

from governance.tlog.witness.heads import Answer, Witness

__all__ = ["Answer", "Witness"]
