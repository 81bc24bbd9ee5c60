"""CSAF 2.0 advisories as VEX: product status, flags, threats and remediations.

Source: OASIS CSAF 2.0, sections 3.2.2 (product tree), 3.2.3 (vulnerabilities) and 4.5 (VEX).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from partners.domain.answers import CSAF_STATUSES, Document, Justification, Statement, Status
from partners.domain.sboms import Code
from partners.vex.shape import BadVex, Unusable, instant, items, mapping, text, words

FORMAT = "csaf-2.0"
MAX_BRANCHES = 200_000


def read(root: dict[str, Any]) -> Document:
    """Read a CSAF document.

    Raises:
        BadVex: another version, or a frame that breaks the format.
    """
    head = mapping(root.get("document"), "/document")
    if text(head, "csaf_version") != "2.0":
        raise BadVex(
            "CSAF 2.0 is read; this names another version.",
            "/document/csaf_version",
            code=Code.UNSUPPORTED_VERSION,
        )
    publisher = mapping(head.get("publisher"), "/document/publisher")
    tracking = mapping(head.get("tracking"), "/document/tracking")
    stated_at = instant(tracking, "current_release_date")
    products = _products(mapping(root.get("product_tree", {}), "/product_tree"))
    statements: list[Statement] = []
    skipped: list[tuple[str, str]] = []
    for pointer, one in items(root, "vulnerabilities", ""):
        try:
            statements += _statements(one, pointer, stated_at, products)
        except Unusable as error:
            skipped.append((pointer, str(error)))
    return Document(
        FORMAT,
        text(publisher, "name"),
        text(tracking, "version"),
        stated_at,
        tuple(statements),
        tuple(skipped),
    )


def _products(tree: dict[str, Any]) -> dict[str, str]:
    """Return product id → package URL, else its name; of a relationship the component's."""
    found = {
        text(one, "product_id"): _identity(one)
        for _, one in items(tree, "full_product_names", "/product_tree")
    }
    waiting = list(items(tree, "branches", "/product_tree"))
    seen = 0
    while waiting:
        seen += 1
        if seen > MAX_BRANCHES:
            raise BadVex(f"The product tree has more than {MAX_BRANCHES:,} branches.")
        pointer, branch = waiting.pop()
        product = branch.get("product")
        if isinstance(product, dict):
            found[text(product, "product_id")] = _identity(product)
        waiting += items(branch, "branches", pointer)
    for pointer, one in items(tree, "relationships", "/product_tree"):
        whole = mapping(one.get("full_product_name"), f"{pointer}/full_product_name")
        part = text(one, "product_reference")
        found[text(whole, "product_id")] = found.get(part, part)
    return found


def _identity(product: dict[str, Any]) -> str:
    helper = product.get("product_identification_helper")
    by_purl = text(helper, "purl") if isinstance(helper, dict) else ""
    return by_purl or text(product, "name")


def _statements(
    one: dict[str, Any], pointer: str, stated_at: datetime | None, products: dict[str, str]
) -> Iterator[Statement]:
    named = (text(one, "cve"), *(text(other, "text") for _, other in items(one, "ids", pointer)))
    names = tuple(dict.fromkeys(name for name in named if name))
    if not names:
        raise Unusable("no vulnerability is named")
    groups = one.get("product_status")
    if not isinstance(groups, dict):
        raise Unusable("no product status is given")
    said: dict[str, str] = {}
    for group in CSAF_STATUSES:
        said.update((product, group) for product in words(groups, group))
    if not said:
        raise Unusable("no product stands in a status that says anything")
    flags = dict(_of_products(one, "flags", "label", pointer))
    impacts = dict(_of_products(one, "threats", "details", pointer, category="impact"))
    remedies = dict(_of_products(one, "remediations", "details", pointer))
    for product, group in said.items():
        flag = flags.get(product, "")
        status = CSAF_STATUSES[group]
        made = Statement(
            names=names,
            status=status,
            subject=products.get(product, product),
            justification=Justification(flag) if flag in list(Justification) else None,
            token=f"{group}/{flag}".rstrip("/"),
            detail=impacts.get(product, "") or impacts.get("", ""),
            action="" if status is Status.FIXED else remedies.get(product, remedies.get("", "")),
            stated_at=stated_at,
            place=pointer,
        )
        if not made.is_reasoned:
            raise Unusable("known not affected needs a flag or an impact statement")
        yield made


def _of_products(
    one: dict[str, Any], name: str, field: str, pointer: str, *, category: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield product → text; what names no product is about all, under the empty name."""
    for _, item in items(one, name, pointer):
        if category and text(item, "category") != category:
            continue
        for product in words(item, "product_ids") or ("",):
            yield product, text(item, field)
