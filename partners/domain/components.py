"""What makes two components the same component, and how each ecosystem spells names.

A package URL is read here by hand because an SBOM holds tens of thousands of them; tests compare
with the reference library. Source: package-url/purl-spec.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote, unquote

ECOSYSTEMS: Mapping[str, str] = {
    "pypi": "PyPI",
    "npm": "npm",
    "cargo": "crates.io",
    "golang": "Go",
    "maven": "Maven",
    "nuget": "NuGet",
    "gem": "RubyGems",
    "composer": "Packagist",
    "hex": "Hex",
    "pub": "Pub",
    "swift": "SwiftURL",
}
"""Package URL type to OSV ecosystem. Operating system packages need their source package and
release and are not matched yet."""

LONGEST_PACKAGE = 512
"""A longer name fits no index, and no advisory has one."""

_IDENTIFYING = frozenset(
    {"arch", "classifier", "distro", "epoch", "platform", "repository_url", "type", "upstream"}
)
_LOWER_CASE_TYPES = frozenset({"bitbucket", "composer", "github", "hex", "pypi"})
_TYPE = re.compile(r"[a-z][a-z0-9.+-]*", re.ASCII)
_QUALIFIER = re.compile(r"[a-z][a-z0-9._-]*", re.ASCII)
# What nearly every package URL looks like; whatever else is one is read step by step.
_USUAL = re.compile(
    r"pkg:([a-z][a-z0-9.+-]*)/((?:[^/@?#]+/)*)([^/@?#]+)(?:@([^/@?#]+))?(?:\?([^#]*))?", re.ASCII
)
_BAD_SEGMENT = "namespace has an empty segment or one with a slash"
_PYPI_RUN = re.compile(r"[-_.]+")


class BadPurl(ValueError):
    """The text is no package URL; the message says what is wrong and repeats nothing of it."""


class ComponentIdentity(NamedTuple):
    """One version of one component, the same wherever it appears.

    ``type`` is the package URL type, empty for a component that came without one. ``qualifiers``
    holds only those that tell one artifact from another, as canonical text (``arch=amd64``).
    """

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: str = ""

    @property
    def ecosystem(self) -> str:
        """The OSV ecosystem, or empty text where none fits."""
        return ECOSYSTEMS.get(self.type, "")

    @property
    def package(self) -> str:
        """The package's name as advisories of its ecosystem spell it, folded; see ``fold_name``."""
        if not self.namespace:
            full = self.name
        else:
            full = f"{self.namespace}{':' if self.type == 'maven' else '/'}{self.name}"
        return fold_name(self.ecosystem, full)

    @property
    def unmatchable(self) -> str:
        """Why no advisory can be looked up: a code with its remedy in the docs, or empty text."""
        if not self.type:
            return "no_purl"
        if not self.ecosystem:
            return "ecosystem_not_covered"
        return "" if self.version else "no_version"

    @property
    def lookup(self) -> tuple[str, str]:
        """The package's folded name, or empty text; and why no advisory can be looked up."""
        reason = self.unmatchable
        if reason:
            return "", reason
        package = self.package
        return ("", "name_too_long") if len(package) > LONGEST_PACKAGE else (package, "")

    def digest(self) -> str:
        """Return the SHA-256 that stands for the identity; no part can hold a NUL."""
        return sha256("\0".join(self).encode()).hexdigest()

    def purl(self) -> str:
        """Return the canonical package URL, or empty text for a component without a type."""
        if not self.type:
            return ""
        path = "/".join(quote(part, safe=":") for part in self.namespace.split("/") if part)
        name = quote(self.name, safe=":")
        version = f"@{quote(self.version, safe=':')}" if self.version else ""
        tail = f"?{self.qualifiers}" if self.qualifiers else ""
        return f"pkg:{self.type}/{path + '/' if path else ''}{name}{version}{tail}"


def fold_name(ecosystem: str, name: str) -> str:
    """Return ``name`` as it is compared within ``ecosystem``.

    PyPI: lower case, runs of ``-_.`` become ``-`` (PEP 503). NuGet and Packagist: lower case.
    All others, Go among them, are compared as written.
    """
    if ecosystem == "PyPI":
        return _PYPI_RUN.sub("-", name).lower()
    if ecosystem in ("NuGet", "Packagist"):
        return name.lower()
    return name


def parse_purl(text: str) -> ComponentIdentity:
    """Read a package URL.

    Raises:
        BadPurl: no ``pkg:`` scheme, no or malformed type, no name, a malformed qualifier, or
            percent-encoding that is not UTF-8.
    """
    usual = _USUAL.fullmatch(text)
    if usual is None:
        return _parse_any(text)
    kind, namespace, name, version, query = usual.groups("")
    namespace = namespace[:-1]
    if "%" in text:
        parts = [_decode(part) for part in namespace.split("/")] if namespace else []
        if any("/" in part or not part for part in parts):
            raise BadPurl(_BAD_SEGMENT)
        namespace, name, version = "/".join(parts), _decode(name), _decode(version)
    if kind in _LOWER_CASE_TYPES:
        namespace, name = namespace.lower(), name.lower()
        if kind == "pypi":
            name = fold_name("PyPI", name)
    qualifiers = _identifying(query) if query else ""
    return ComponentIdentity(kind, namespace, name, version, qualifiers)


def _parse_any(text: str) -> ComponentIdentity:
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() != "pkg":
        raise BadPurl("does not start with pkg:")
    rest = rest.partition("#")[0].lstrip("/")
    rest, _, query = rest.partition("?")
    kind, slash, path = rest.partition("/")
    kind = kind.lower()
    if not slash or _TYPE.fullmatch(kind) is None:
        raise BadPurl("type is missing or malformed")
    path, version = _split_version(path)
    parts = [_decode(part) for part in path.split("/") if part]
    if not parts or not parts[-1]:
        raise BadPurl("name is missing")
    if any(not part or "/" in part for part in parts[:-1]):
        raise BadPurl(_BAD_SEGMENT)
    namespace, name = "/".join(parts[:-1]), parts[-1]
    if kind in _LOWER_CASE_TYPES:
        namespace, name = namespace.lower(), name.lower()
    if kind == "pypi":
        name = fold_name("PyPI", name)
    return ComponentIdentity(kind, namespace, name, _decode(version), _identifying(query))


def _split_version(path: str) -> tuple[str, str]:
    """Split at the last ``@`` unless it opens an unencoded npm scope (``@angular/core``)."""
    head, at, version = path.rpartition("@")
    if not at or "/" in version:
        return path, ""
    return head, version


def _decode(text: str) -> str:
    if "%" not in text:
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise BadPurl("percent-encoding is not UTF-8") from None


def _identifying(query: str) -> str:
    if not query:
        return ""
    kept: dict[str, str] = {}
    for pair in query.split("&"):
        key, equals, value = pair.partition("=")
        key = key.lower()
        if not equals or _QUALIFIER.fullmatch(key) is None:
            raise BadPurl("qualifier is not of the form key=value")
        if key in kept:
            raise BadPurl("qualifier is repeated")
        decoded = _decode(value)
        if decoded and key in _IDENTIFYING:
            kept[key] = decoded
    return "&".join(f"{key}={quote(kept[key], safe=':/')}" for key in sorted(kept))
