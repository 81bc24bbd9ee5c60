"""Reading the shipped runbooks."""

import json
from enum import StrEnum
from functools import cache
from importlib import resources

from incidents.cacao import reader


class CoreRunbook(StrEnum):
    """The four runbooks in the order in which an incident meets them."""

    DETECTION = "detection"
    CONTAINMENT = "containment"
    RECOVERY = "recovery"
    LEARNING = "learning"


def document(runbook: CoreRunbook) -> bytes:
    """Return the bytes of the runbook as shipped: what is stored, hashed, and exported."""
    return (resources.files("incidents.runbooks") / f"{runbook.value}.cacao.json").read_bytes()


@cache
def identity(runbook: CoreRunbook) -> str:
    """Return the id that CACAO knows the runbook by."""
    return str(json.loads(document(runbook))["id"])


def playbook(runbook: CoreRunbook) -> reader.Playbook:
    """Return the runbook in walking order."""
    return reader.read(document(runbook))
