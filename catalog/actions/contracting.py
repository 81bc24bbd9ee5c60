"""Data contracts: imported, bound to assets, put in force and retired."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower

from catalog.actions import linking, settling, tagging
from catalog.contracts import contract as values
from catalog.contracts import reader
from catalog.contracts.binding import Binding, Bound, Path, bind
from catalog.documents.faults import Fault
from catalog.domain import tags
from catalog.domain.assets import DATA_KINDS, AssetKind
from catalog.errors import ContractNotReady, ContractNotSound
from catalog.models import Asset, Contract, ContractBinding, ContractState, LabelAssertion
from catalog.permissions import Act
from governance import audit
from governance.access import require, visible
from governance.domain import fqn
from governance.domain.actor import Actor
from governance.errors import Conflict
from governance.models import Site


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file."""

    contract: Contract
    is_new: bool
    """False: the same content was there already, and nothing was written."""


@transaction.atomic
def take(body: bytes, *, site: Site, by: Actor, at: datetime) -> Imported:
    """Keep the contract in ``body``, bind it to assets, and propose what it says of them.

    The same content again changes nothing but its bindings, as assets may have come since.
    Assets that ``by`` may not read, or of other sites than ``site`` and those below, are none.

    Raises:
        NotAllowed: ``by`` may not import contracts at ``site``.
        ContractNotSound: it cannot be kept under any name; pointer and line of the first fault.
        Conflict: this version is another content, in force or retired.
    """
    probe = Contract(site=site)
    require(by, Act.CONTRACT_IMPORT, probe, at=at)
    found = reader.read(body)
    if found.contract is None:
        first = found.faults[0]
        raise ContractNotSound(str(first), pointer=first.pointer, line=first.line or None)
    stated = found.contract
    _check_lengths(stated)
    known = (
        Contract.objects.select_for_update(of=("self",))
        .filter(contract_id=stated.id, version=stated.version)
        .first()
    )
    if known is not None:
        require(by, Act.CONTRACT_IMPORT, known, at=at)
        if known.sha256 != stated.content_hash and known.state != ContractState.DRAFT:
            raise Conflict(f"{known} is {known.state}: give the changed contract a new version.")
    is_new = known is None or known.sha256 != stated.content_hash
    contract = known or Contract(
        site=site, contract_id=stated.id, version=stated.version, state=ContractState.DRAFT
    )
    if is_new:
        _fill(contract, found, stated, body)
        contract.imported_by, contract.imported_at = by.ref, at
        contract.save()
    _bind(contract, stated, by=by, at=at)
    if is_new:
        audit.record(
            by=by,
            act=Act.CONTRACT_IMPORT,
            ref=contract.ref,
            at=at,
            contract=str(contract),
            sha256=contract.sha256,
            faults=contract.fault_count,
        )
    return Imported(contract, is_new)


@transaction.atomic
def activate(contract: Contract, *, reason: str = "", by: Actor, at: datetime) -> None:
    """Put a draft in force; the version of the same major that was in force is retired.

    Raises:
        NotAllowed: ``by`` may not activate contracts there.
        ContractNotReady: it is not valid, not all of it is bound, it names no owner, a property
            has no classification, or says less than the label of its asset.
        Conflict: it is no draft.
    """
    require(by, Act.CONTRACT_ACTIVATE, contract, at=at)
    lacks = missing(contract)
    if lacks:
        raise ContractNotReady(f"{contract}: " + "; ".join(lacks[:10]))
    same_major = Contract.objects.filter(contract_id=contract.contract_id, major=contract.major)
    for earlier in same_major.filter(state=ContractState.ACTIVE):
        retire(earlier, reason=f"{contract.version} takes its place", by=by, at=at)
    changed = Contract.objects.filter(pk=contract.pk, state=ContractState.DRAFT).update(
        state=ContractState.ACTIVE, activated_at=at, activated_by=by.ref
    )
    if not changed:
        raise Conflict(f"{contract} is no draft.")
    audit.record(by=by, act=Act.CONTRACT_ACTIVATE, ref=contract.ref, at=at, contract=str(contract))


@transaction.atomic
def retire(contract: Contract, *, reason: str = "", by: Actor, at: datetime) -> None:
    """End a contract: its edges end and what it proposed alone is no longer proposed.

    Raises:
        NotAllowed: ``by`` may not retire contracts there.
        Conflict: it is retired already.
    """
    require(by, Act.CONTRACT_RETIRE, contract, at=at)
    changed = (
        Contract.objects.filter(pk=contract.pk)
        .exclude(state=ContractState.RETIRED)
        .update(state=ContractState.RETIRED, retired_at=at)
    )
    if not changed:
        raise Conflict(f"{contract} is retired already.")
    linked = linking.replace([_source(contract)], [], at=at)
    ended = LabelAssertion.objects.filter(source="odcs", status="proposed", rule=_source(contract))
    assets = set(ended.values_list("asset", flat=True))
    ended.update(status="superseded")
    settling.label_assets({*linked.moved, *assets}, at=at)
    audit.record(
        by=by,
        act=Act.CONTRACT_RETIRE,
        ref=contract.ref,
        at=at,
        contract=str(contract),
        reason=reason or None,
    )


def missing(contract: Contract) -> list[str]:
    """Return what a contract lacks to be put in force, with pointers."""
    stated = reader.judged(contract.content, size=len(contract.body)).contract
    lacks = [] if contract.is_valid else ["the standard's schema finds faults"]
    if stated is None:
        return [*lacks, "it cannot be read"]
    if not stated.owners:
        lacks.append("no owner in its team")
    bindings = {
        one.pointer: one for one in contract.bindings.select_related("asset").order_by("pk")
    }
    lacks += [f"{one.pointer}: no asset" for one in bindings.values() if one.asset is None]
    for one in _properties(stated):
        label = tags.classification(one.classification)
        asset = bindings[one.pointer].asset if one.pointer in bindings else None
        if label is None and not one.properties:
            lacks.append(f"{one.pointer}: no classification that is known here")
        elif label and asset and asset.level is not None and label.level < asset.level:
            lacks.append(f"{one.pointer}: says less than {asset.level_name}")
    return lacks


def _fill(contract: Contract, found: values.Reading, stated: values.Contract, body: bytes) -> None:
    contract.name = stated.name[:300]
    contract.major = stated.version.split(".", 1)[0]
    contract.api_version = stated.api_version[:40]
    contract.status = stated.status[:100]
    contract.is_valid = found.is_valid
    contract.sha256, contract.content, contract.body = stated.content_hash, stated.content, body
    contract.faults, contract.fault_count = [_told(one) for one in found.faults], found.fault_count
    contract.warnings = [_told(one) for one in found.warnings]
    contract.warning_count = found.warning_count


def _check_lengths(stated: values.Contract) -> None:
    for pointer, text, most in (("/id", stated.id, 300), ("/version", stated.version, 100)):
        if not 0 < len(text) <= most:
            raise ContractNotSound(f"{pointer}: from 1 to {most} characters", pointer=pointer)


def _bind(contract: Contract, stated: values.Contract, *, by: Actor, at: datetime) -> None:
    """Find the assets of a contract, then say what it says of them."""
    here = Asset.objects.live().filter(site__in=Site.objects.below(contract.site))
    assets = visible(here, to=by, act=Act.ASSET_READ, at=at)
    relations, ids = _relations(assets, stated)
    binding = bind(stated, relations)
    _keep(contract, binding, ids)
    if contract.state == ContractState.RETIRED:
        return
    sources = [
        linking.Stated(
            _source(contract), ids[one.source], ids[(*one.relation, *one.column)], "opaque"
        )
        for one in binding.sources
    ]
    bound = dict(contract.bindings.values_list("pointer", "asset"))
    said = [
        (asset, tag, value)
        for one in _properties(stated)
        if (asset := bound.get(one.pointer)) is not None
        for tag, value in _statements(one)
    ]
    linked = linking.replace([_source(contract)], sources, at=at)
    labeled = tagging.propose(said, source="odcs", rule=_source(contract), is_whole=True, at=at)
    settling.label_assets({*linked.moved, *labeled}, at=at)


def _relations(
    assets: QuerySet[Asset], stated: values.Contract
) -> tuple[dict[Path, list[Path]], dict[Path, int]]:
    """Return tables with their columns by path, and the asset of each path.

    Only tables of the names in the contract are looked at, whatever their case.
    """
    names = {text.rpartition(".")[2] for text in _names(stated)} | set(_names(stated))
    folded = [name.casefold() for name in names]
    tables = assets.filter(kind__in=DATA_KINDS).annotate(folded=Lower("name"))
    tables = tables.filter(folded__in=folded).order_by("pk")
    paths = {pk: fqn.split(name) for pk, name in tables.values_list("pk", "fqn")}
    ids: dict[Path, int] = {}
    relations: dict[Path, list[Path]] = {}
    for pk, path in paths.items():
        ids[path], relations[path] = pk, []
    holders: dict[int, tuple[Path, Path]] = {pk: (path, ()) for pk, path in paths.items()}
    while holders:
        below: dict[int, tuple[Path, Path]] = {}
        columns = assets.filter(parent__in=list(holders), kind=AssetKind.COLUMN.value)
        for pk, parent, name in columns.order_by("ordinal", "pk").values_list(
            "pk", "parent_id", "name"
        ):
            relation, above = holders[parent or 0]
            column = (*above, name)
            relations[relation].append(column)
            ids[(*relation, *column)] = pk
            below[pk] = (relation, column)
        holders = below
    return relations, ids


def _names(stated: values.Contract) -> Iterable[str]:
    for held in stated.objects:
        yield held.physical_name or held.name
    for one in _properties(stated):
        yield from one.transform_sources


def _keep(contract: Contract, binding: Binding, ids: dict[Path, int]) -> None:
    """Write the bindings that are others than before."""
    wanted: dict[str, tuple[str, int | None, list[int]]] = {}
    relation: Path = ()
    objects = {one.pointer: one for one in binding.objects}
    for one in (*binding.objects, *binding.properties):
        if one.pointer not in objects:
            relation = _relation_of(one, objects)
        prefix = () if one.pointer in objects else relation
        candidates = [ids[(*prefix, *path)] for path in one.candidates]
        asset = ids[(*prefix, *one.path)] if one.path else None
        wanted[one.pointer] = (one.name[:300], asset, candidates)
    held = {one.pointer: one for one in contract.bindings.all()}
    contract.bindings.exclude(pointer__in=list(wanted)).delete()
    for pointer, (name, asset, candidates) in wanted.items():
        known = held.get(pointer) or ContractBinding(contract=contract, pointer=pointer)
        if known.pk is None or (known.name, known.asset_id, known.candidates) != (
            name,
            asset,
            candidates,
        ):
            known.name, known.asset_id, known.candidates = name, asset, candidates
            known.save()


def _relation_of(one: Bound, objects: dict[str, Bound]) -> Path:
    held = "/".join(one.pointer.split("/")[:3])
    return objects[held].path or ()


def _properties(stated: values.Contract) -> Iterable[values.Property]:
    pending = [one for held in stated.objects for one in held.properties]
    while pending:
        one = pending.pop(0)
        yield one
        pending[:0] = one.properties


def _statements(one: values.Property) -> Iterable[tuple[str, str]]:
    if one.classification:
        yield "classification", one.classification
    for tag in one.tags:
        yield tag, ""


def _source(contract: Contract) -> str:
    return f"odcs:{contract.pk}"


def _told(fault: Fault) -> dict[str, Any]:
    return {
        "code": str(fault.code),
        "pointer": fault.pointer,
        "line": fault.line or None,
        "detail": fault.detail,
        "remedy": fault.remedy,
    }
