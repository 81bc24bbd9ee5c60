"""Kinds of drift in people's words: a short name, and what a finding of it means."""

from governance.domain.drift import Kind

NAMES = {
    Kind.UNAPPROVED: "unapproved",
    Kind.MISSING: "missing",
    Kind.EXPIRED_ALIVE: "expired, still there",
    Kind.UNUSED: "unused",
    Kind.ORPHAN: "orphaned account",
    Kind.SCOPE_WIDER: "wider than approved",
    Kind.SOD: "separation of duties",
    Kind.VIA_CHANGED: "by another path",
    Kind.PRIVILEGED_WITHOUT_MFA: "privileged, no second factor",
    Kind.INCOHERENT_POLICY: "contradicting decisions",
    Kind.UNGOVERNED: "not looked into",
    Kind.CONNECTOR_FAULT: "doubtful look",
    Kind.REPORTED: "reported",
}

MEANINGS = {
    Kind.UNAPPROVED: "The access is there, and nobody approved it.",
    Kind.MISSING: "The access was approved over an hour ago, and the system does not grant it.",
    Kind.EXPIRED_ALIVE: "The access was approved for a time that is over, and is still there.",
    Kind.UNUSED: "The access is approved, and has not been used for 90 days.",
    Kind.ORPHAN: "The account belongs to somebody who has left, or to nobody that is known.",
    Kind.SCOPE_WIDER: "A part of it was approved, and the system grants the whole.",
    Kind.SOD: "One person holds two rights that a rule keeps apart.",
    Kind.VIA_CHANGED: "The access is approved, and comes by another path than at first.",
    Kind.PRIVILEGED_WITHOUT_MFA: "A privileged account signs in without a second factor.",
    Kind.INCOHERENT_POLICY: (
        "The access was approved here, and refused since to the same person for the same name"
        " in another system."
    ),
    Kind.UNGOVERNED: "There is no snapshot of the system, or only an old one.",
    Kind.CONNECTOR_FAULT: (
        "The last look lost over a fifth of the grants or was incomplete, so it proves nothing"
        " to be gone."
    ),
    Kind.REPORTED: "Somebody saw something, and asks who reaches it.",
}
