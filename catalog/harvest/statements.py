"""What documents say of assets beside their shape: owners, tags, other names, SQL to look into."""

from dataclasses import dataclass

from catalog.harvest.rows import Harvested


@dataclass(frozen=True, slots=True, order=True)
class OwnerStatement:
    """Somebody is said to own the asset ``key``."""

    key: str
    name: str
    role: str


@dataclass(frozen=True, slots=True, order=True)
class TagStatement:
    """The asset ``key`` is said to carry a tag; a proposal for people, never a label by itself."""

    key: str
    tag: str
    value: str


@dataclass(frozen=True, slots=True, order=True)
class AliasStatement:
    """The asset ``key`` is said to be known elsewhere as ``name``."""

    key: str
    namespace: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Observed:
    """The assets of one system as documents state them, and what else they say."""

    harvested: Harvested
    owners: tuple[OwnerStatement, ...] = ()
    tags: tuple[TagStatement, ...] = ()
    aliases: tuple[AliasStatement, ...] = ()
