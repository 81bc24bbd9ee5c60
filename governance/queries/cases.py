"""One case from the refusal over request and grant to its end: which records carry it."""

from uuid import UUID

from governance.models import AccessRequest, Activation, Grant


def refs(case: UUID) -> list[str]:
    """Return the references of all records of ``case``."""
    asked = [row.ref for row in AccessRequest.objects.filter(case=case)]
    opened = [row.ref for row in Activation.objects.filter(case=case)]
    return asked + opened + [row.ref for row in Grant.objects.filter(case=case)]


def refused_in(case: UUID) -> list[str]:
    """Return the calls whose refusal the case began with."""
    rows = AccessRequest.objects.filter(case=case).exclude(denied_in="")
    return list(rows.values_list("denied_in", flat=True))
