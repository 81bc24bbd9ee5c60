"""Who and where: the invented manufacturer Aldermere and its people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A site of the demonstration."""

    slug: str
    name: str
    kind: str
    parent: str
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demonstration; nobody has a password until one is issued."""

    email: str
    name: str
    roles: tuple[tuple[str, str], ...]
    """Pairs of role and site slug."""


ENTERPRISE = "Aldermere"
ROOT = ""
"""Stands for the enterprise itself."""

PLACES = (
    Place("asia-pacific", "Asia Pacific", "region", ROOT),
    Place("americas", "Americas", "region", ROOT),
    Place("europe", "Europe", "region", ROOT),
    Place("singapore", "Singapore, Tuas", "site", "asia-pacific", "Asia/Singapore"),
    Place("monterrey", "Monterrey", "site", "americas", "America/Monterrey"),
    Place("leipzig", "Leipzig", "site", "europe", "Europe/Berlin"),
    Place("monterrey-press", "Press shop", "area", "monterrey", "America/Monterrey"),
)

PEOPLE = (
    Person("mary.okafor@aldermere.example", "Mary Okafor", (("board_member", ROOT),)),
    Person("henrik.vogel@aldermere.example", "Henrik Vogel", (("data_owner", "leipzig"),)),
    Person("jana.brandt@aldermere.example", "Jana Brandt", (("steward", "leipzig"),)),
    Person("luis.garza@aldermere.example", "Luis Garza", (("data_owner", "monterrey"),)),
    Person("ana.torres@aldermere.example", "Ana Torres", (("incident_commander", "monterrey"),)),
    Person("rosa.castillo@aldermere.example", "Rosa Castillo", (("soc_analyst", ROOT),)),
    Person("joel.salinas@aldermere.example", "Joel Salinas", (("site_operator", "monterrey"),)),
    Person("wei.lim@aldermere.example", "Wei Lim", (("data_owner", "singapore"),)),
    Person("nora.auditor@aldermere.example", "Nora Ellis", (("auditor", ROOT),)),
)

PLANT_SITE = "monterrey"
PLANT_OWNER = "luis.garza@aldermere.example"
WARDROOM_OWNER = "mary.okafor@aldermere.example"
