"""From a document's component entries to ours: identity, quarantine, checks across the document.

All readers hand in plain mappings with the member names of CycloneDX JSON, already held against
what their format demands. This is the innermost loop of intake, so it is written for speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from partners.domain.components import BadPurl, ComponentIdentity, parse_purl
from partners.domain.sboms import MAX_LISTED, Bounds, Code, Defect, Rejected, SbomComponent
from partners.sbom.sniffing import refusal

Entry = Mapping[str, Any]
Take = Callable[[SbomComponent], None]
"""What is done with each component as soon as it is read."""

_new = tuple.__new__
_LARGEST_REVISION = 2**31 - 1


@dataclass(slots=True)
class Warnings:
    """Collects warnings: all are counted, the first 50 are kept."""

    listed: list[Defect] = field(default_factory=list)
    count: int = 0

    def add(self, code: Code, pointer: str, detail: str, remedy: str = "") -> None:
        """Count one warning and keep it while there is room."""
        self.count += 1
        if len(self.listed) < MAX_LISTED:
            self.listed.append(Defect(code, pointer[:500], detail, remedy))


class Flattener:
    """Hands entries on in document order, nested ones after their parent.

    A reader that knows that the entries it adds next hold no NUL says so by ``may_hold_nul``.

    ``subject`` is the bom-ref of the product that the document describes, if it stands outside
    the components.
    """

    def __init__(
        self, *, bounds: Bounds, warnings: Warnings, take: Take, subject: str = ""
    ) -> None:
        self.received_count = 0
        self.quarantined_count = 0
        self.may_hold_nul = True
        self.refs: set[str] = {subject} if subject else set()
        self._bounds = bounds
        self._warnings = warnings
        self._take = take

    def add(self, entry: Entry, pointer: str) -> None:
        """Take one entry and everything nested in it.

        Raises:
            Rejected: more components than the bound.
        """
        parent = ""
        pending: list[tuple[Entry, str, str]] = []
        while True:
            self.received_count += 1
            if self.received_count > self._bounds.components:
                raise too_many_components(self._bounds, pointer)
            component = self.read(entry, pointer, parent)
            if component.quarantine:
                self.quarantined_count += 1
            if component.bom_ref:
                before = len(self.refs)
                self.refs.add(component.bom_ref)
                if len(self.refs) == before:
                    self._warn_of_reference(pointer)
            self._take(component)
            nested = entry.get("components")
            if nested:
                pending.extend(
                    (child, f"{pointer}/components/{index}", pointer)
                    for index, child in reversed(list(enumerate(nested)))
                )
            if not pending:
                return
            entry, pointer, parent = pending.pop()

    def _warn_of_reference(self, pointer: str) -> None:
        self._warnings.add(
            Code.DUPLICATE_REF,
            f"{pointer}/bom-ref",
            "bom-ref is used twice",
            "Give every component a reference of its own.",
        )

    def read(self, entry: Entry, pointer: str, parent: str = "") -> SbomComponent:
        """Return one entry as a component; whatever is wrong inside becomes a warning on it."""
        get = entry.get
        ref = get("bom-ref") or ""
        purl = get("purl") or ""
        group = get("group") or ""
        name = get("name") or ""
        version = get("version") or ""
        quarantine = ""
        bounds = self._bounds
        if len(purl) + len(version) + len(name) + len(group) + len(ref) > bounds.version_length:
            quarantine = self._too_long(purl, version, (name, group, ref), pointer)
            if quarantine:
                purl, version, name, group, ref = (
                    text[: bounds.purl_length] for text in (purl, version, name, group, ref)
                )
        if self.may_hold_nul and "\0" in f"{name}{purl}{version}{group}{ref}":
            quarantine = Code.NUL
            self._warnings.add(quarantine, pointer, "holds a NUL character", "Remove it.")
            purl, version, name, group, ref = map(clean, (purl, version, name, group, ref))
        if not purl or quarantine:
            identity = ComponentIdentity("", group, name, version)
        else:
            try:
                identity = parse_purl(purl)
            except BadPurl as problem:
                quarantine = Code.BAD_PURL
                identity = ComponentIdentity("", group, name, version)
                self._warn_of_purl(problem, pointer)
            else:
                if identity.version != version:
                    identity = self._settled(identity, version, pointer)
        if not quarantine and not identity.version:
            self._warnings.add(
                Code.NO_VERSION, pointer, "no version, so nothing can be matched", "Add a version."
            )
        supplier, licenses, hashes = get("supplier"), get("licenses"), get("hashes")
        # What the class does when called, without naming fourteen arguments once more.
        return _new(
            SbomComponent,
            (
                pointer,
                parent,
                ref,
                get("type") or "",
                purl,
                group,
                name,
                version,
                get("scope") or "",
                _licenses(licenses) if licenses else (),
                _hashes(hashes) if hashes else (),
                clean(supplier.get("name") or "") if supplier else "",
                identity,
                quarantine,
            ),
        )

    def _too_long(self, purl: str, version: str, names: tuple[str, ...], pointer: str) -> str:
        bounds = self._bounds
        if (
            len(purl) <= bounds.purl_length
            and len(version) <= bounds.version_length
            and max(map(len, names)) <= bounds.name_length
        ):
            return ""
        self._warnings.add(
            Code.FIELD_TOO_LONG,
            pointer,
            "purl, name, group, version or bom-ref is too long",
            f"Keep names within {bounds.name_length} characters, versions within "
            f"{bounds.version_length}, package URLs within {bounds.purl_length}.",
        )
        return Code.FIELD_TOO_LONG

    def _warn_of_purl(self, problem: BadPurl, pointer: str) -> None:
        # The problem's text is fixed by us and repeats nothing of the document.
        self._warnings.add(
            Code.BAD_PURL,
            f"{pointer}/purl",
            f"package URL {problem}",
            "Correct the package URL; until then no vulnerability is looked up for it.",
        )

    def _settled(self, parsed: ComponentIdentity, version: str, pointer: str) -> ComponentIdentity:
        """Fill a missing version from the entry; say so where the two differ."""
        if not parsed.version:
            return parsed._replace(version=version)
        if version:
            self._warnings.add(
                Code.VERSION_DIFFERS,
                f"{pointer}/version",
                "version differs from that of the package URL, which is the one used",
                "Make both equal.",
            )
        return parsed


class References:
    """Checks that dependencies point to something, and counts what takes part in them.

    Longer cycles than a component that depends on itself are legal, and nothing here walks them.
    """

    def __init__(self, known: set[str], *, other: AbstractSet[str], warnings: Warnings) -> None:
        self.edges = 0
        self._known = known
        self._other = other
        self._warnings = warnings
        self._unrelated = set(known)
        self._total = len(known)

    @property
    def related_count(self) -> int:
        """How many bom-refs stand in a dependency, on either side."""
        return self._total - len(self._unrelated)

    def add(self, ref: str, targets: Iterable[str], *, pointer: str) -> None:
        """Take what one component depends on."""
        if ref not in self._known and ref not in self._other:
            self._warn(f"{pointer}/ref")
        position = -1
        for position, target in enumerate(targets):
            if target == ref:
                self._warnings.add(
                    Code.SELF_DEPENDENCY,
                    f"{pointer}/dependsOn/{position}",
                    "depends on itself",
                    "Leave it out.",
                )
            elif target not in self._known and target not in self._other:
                self._warn(f"{pointer}/dependsOn/{position}")
            else:
                self._unrelated.discard(target)
        if position >= 0:
            self.edges += position + 1
            self._unrelated.discard(ref)

    def must_know(self, ref: str, *, pointer: str) -> None:
        """Warn if nothing has this reference."""
        if ref not in self._known and ref not in self._other:
            self._warn(pointer)

    def _warn(self, pointer: str) -> None:
        self._warnings.add(
            Code.DANGLING_DEPENDENCY,
            pointer,
            "no component has this bom-ref",
            "List the component, or leave the dependency out.",
        )


def too_many_components(bounds: Bounds, pointer: str) -> Rejected:
    """Return the refusal of a document over the bound."""
    return refusal(
        Code.TOO_MANY_COMPONENTS,
        f"more than {bounds.components} components",
        pointer=pointer[:500],
        remedy="Split the product into several documents.",
    )


def too_many_dependencies(bounds: Bounds, pointer: str) -> Rejected:
    """Return the refusal of a document over the bound."""
    return refusal(
        Code.TOO_MANY_DEPENDENCIES,
        f"more than {bounds.dependency_edges} dependencies",
        pointer=pointer[:500],
        remedy="State direct dependencies only.",
    )


def revision(number: int, pointer: str) -> int:
    """Return a document's own version number if a database can hold it.

    Raises:
        Rejected: negative or above 2,147,483,647.
    """
    if not 0 <= number <= _LARGEST_REVISION:
        raise refusal(Code.SCHEMA, f"must lie between 0 and {_LARGEST_REVISION}", pointer=pointer)
    return number


def clean(text: str) -> str:
    """Return ``text`` with NUL written as ``\\0``, since PostgreSQL stores no NUL."""
    return text.replace("\0", "\\0") if "\0" in text else text


def _licenses(choices: Iterable[Entry]) -> tuple[str, ...]:
    found = []
    for choice in choices:
        named = choice.get("license")
        text = (named.get("id") or named.get("name")) if named else choice.get("expression")
        if text:
            found.append(clean(text))
    return tuple(found)


def _hashes(hashes: Iterable[Entry]) -> tuple[str, ...]:
    return tuple([f"{one['alg']}:{one['content']}" for one in hashes])
