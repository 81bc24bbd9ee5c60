"""What the statements of a VEX document are about: vulnerabilities and components that we know.

Set-wise: a document of many statements costs a few queries. A step of taking documents.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from partners.domain.answers import Document, Statement
from partners.domain.components import BadPurl, ComponentIdentity, parse_purl
from partners.models import (
    Answer,
    AnswerDocument,
    Became,
    ComponentVersion,
    Sbom,
    VexStatement,
    VulnerabilityName,
)

BATCH = 5_000
_Listed = dict[tuple[str, str, str], list[tuple[int, str]]]


class Known:
    """What we know of the names in one document, for one product."""

    def __init__(self, row: AnswerDocument, document: Document) -> None:
        product = row.product
        sbom = Sbom.objects.filter(product=product, is_current=True).first()
        self._own = {"", product.slug, product.name}
        if sbom is not None:
            self._own |= {sbom.serial, sbom.sha256, sbom.subject_name}
        self._purls = dict(_purls(document.statements))
        self._listed = _listed(sbom, self._purls.values())
        self._names = _names(document.statements)

    def vulnerability(self, statement: Statement) -> tuple[str, int | None]:
        """Return the name under which we know the vulnerability, and its set; else its own."""
        for name in statement.names:
            if name in self._names:
                return name, self._names[name]
        return statement.names[0][:120], None

    def components(self, statement: Statement) -> list[int | None]:
        """Return what the statement names in the current SBOM; one None for the product itself."""
        if statement.subject in self._own:
            return [None]
        purl = self._purls.get(statement.subject)
        if purl is None:
            return []
        found = self._listed[purl.type, purl.namespace, purl.name]
        return [pk for pk, version in found if not purl.version or version == purl.version]


def claims(
    row: AnswerDocument, document: Document, *, at: datetime
) -> tuple[list[VexStatement], list[Answer]]:
    """Return all statements of ``document`` with what became of each, and the claims they make."""
    known = Known(row, document)
    statements: list[VexStatement] = []
    answers: list[Answer] = []
    for statement in document.statements:
        name, vulnerability = known.vulnerability(statement)
        components = known.components(statement)
        kept = VexStatement(
            document=row,
            place=statement.place[:200],
            name=name,
            subject=statement.subject[:500],
            status=statement.status,
            became=Became.CLAIMED if components else Became.UNRESOLVED,
            reason="" if components else "The product's current SBOM lists no such component.",
        )
        statements.append(kept)
        for component in components:
            answers.append(
                Answer(
                    product=row.product,
                    document=row,
                    statement=kept,
                    name=name,
                    vulnerability_id=vulnerability,
                    component_id=component,
                    subject=statement.subject[:500],
                    status=statement.status,
                    justification=statement.justification or "",
                    token=statement.token[:200],
                    detail=statement.detail[:2000],
                    action=statement.action[:2000],
                    author=row.author or row.product.partner.name,
                    stated_at=statement.stated_at or row.stated_claim or at,
                    received_at=row.received_at,
                )
            )
    statements += [
        VexStatement(document=row, place=place[:200], became=Became.UNUSABLE, reason=reason[:400])
        for place, reason in document.skipped
    ]
    return statements, answers


def _purls(statements: Iterable[Statement]) -> Iterator[tuple[str, ComponentIdentity]]:
    for subject in {one.subject for one in statements if one.subject.startswith("pkg:")}:
        try:
            yield subject, parse_purl(subject)
        except BadPurl:
            continue


def _listed(sbom: Sbom | None, wanted: Iterable[ComponentIdentity]) -> _Listed:
    """Return the component versions of ``sbom`` that bear one of the names ``wanted``."""
    found: _Listed = defaultdict(list)
    if sbom is None:
        return found
    rows = ComponentVersion.objects.filter(listings__sbom=sbom)
    for names in _batches(sorted({one.name for one in wanted})):
        listed = rows.filter(name__in=names).order_by("pk")
        for pk, kind, namespace, name, version in listed.values_list(
            "pk", "type", "namespace", "name", "version"
        ):
            found[kind, namespace, name].append((pk, version))
    return found


def _names(statements: Iterable[Statement]) -> dict[str, int]:
    found: dict[str, int] = {}
    for names in _batches(sorted({name[:120] for one in statements for name in one.names})):
        found |= dict(
            VulnerabilityName.objects.filter(name__in=names).values_list("name", "vulnerability_id")
        )
    return found


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]
