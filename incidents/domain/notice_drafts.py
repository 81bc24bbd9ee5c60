"""The draft of a notice: everything that is known, in the order in which the law asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """What the incident says; empty texts are left open in the draft, never guessed."""

    reference: str
    title: str
    site: str
    country: str
    severity: str
    aware: str
    times: Sequence[tuple[str, str]]
    standing: str
    data: str
    records: str
    assets: int
    contact: str
    losses: Sequence[str] = ()
    risk: str = ""


def draft(*, title: str, recipient: str, article: str, asks: str, known: Known) -> str:
    """Write the draft as plain text; what nobody knows is marked to be filled in."""
    where = f"{known.site}, {known.country}" if known.country else known.site
    lines = [
        f"To: {recipient}",
        f"Subject: {title}: {known.title} ({known.reference})",
        f"Under: {article}",
        "",
        "1. What happened",
        known.standing or f"{known.title}. [Describe the nature of the incident.]",
        f"Where: {where}. Severity: {known.severity}.",
        f"We became aware: {known.aware or '[when]'}.",
        *(f"{name}: {when}." for name, when in known.times),
        "",
        "2. What is affected",
        f"Assets named so far: {known.assets}. Data: {known.data or '[which data]'}.",
        f"Lost: {', '.join(known.losses) or '[confidentiality, integrity, availability]'}.",
        f"Records, approximately: {known.records or '[not known yet]'}.",
        "People, approximately: [not known yet].",
        "",
        "3. Likely consequences",
        known.risk or "[Describe them.]",
        "",
        "4. Measures taken and proposed",
        "[Describe them.]",
        "",
        "5. Contact",
        known.contact or "[name, address, telephone]",
    ]
    if asks:
        lines += ["", f"To be checked before it is sent: {asks}"]
    return "\n".join(lines) + "\n"
