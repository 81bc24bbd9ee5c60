"""What names speak for, one by one and measured on labels made by others."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.detectors.names import dictionary, propose, words
from catalog.domain.labels import FLOORS, Level, closure
from tests.shared import shared


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("customerAddresses_2", ("customer", "address")),
        ("HTTPServerName", ("http", "server", "name")),
        ("EMAIL", ("email",)),
        ("status", ("status",)),
        ("Teléfono-Móvil", ("telefono", "movil")),
        ("Straße", ("strasse",)),
        ("cities", ("city",)),
        ("", ()),
        ("42", ()),
    ],
)
def test_names_are_split_into_plain_singular_words(name: str, split: tuple[str, ...]) -> None:
    assert words(name) == split


@pytest.mark.parametrize(
    ("path", "category"),
    [
        ("hr.employee.email", "user.contact.email"),
        ("mes.operator.full_name", "user.name"),
        ("mes.operator.name", "user.name"),
        ("mes.operators.badge_no", "user.unique_id"),
        ("mes.work_order.operator_id", "user.unique_id"),
        ("hr.EmployeeMaster.BirthDate", "user.demographic.date_of_birth"),
        ("hr.mitarbeiter.nachname", "user.name.last"),
        ("hr.mitarbeiter.geburtsdatum", "user.demographic.date_of_birth"),
        ("rh.empleado.teléfono", "user.contact.phone_number"),
        ("rh.empleado.apellido", "user.name.last"),
        ("hr.payroll_run.iban", "user.financial.bank_account"),
        ("hr.absence.sick_leave_days", "user.health_and_medical"),
        ("gate.visitor.license_plate", "user.government_id.vehicle_registration"),
        ("app.account.hashed_password", "user.authorization.password"),
        ("erp.product.standard_cost", "x.commercial"),
        ("mes.line.recipe_text", "x.process"),
    ],
)
def test_a_column_speaks_for_its_category(path: str, category: str) -> None:
    *context, name = path.split(".")
    found = propose(name, context=context)
    assert category in [proposal.category for proposal in found]
    assert all(proposal.level >= Level.INTERNAL for proposal in found)


@pytest.mark.parametrize(
    "path",
    [
        "wms.bin.name",
        "mes.product.name",
        "mes.machine.serial_number",
        "mes.work_order.number",
        "mes.machine.state",
        "mes.line.city_count",
        "app.user.is_email_verified",
        "app.mail.email_template",
        "wms.warehouse.city",
        "wms.warehouse.zip_code",
        "erp.supplier.country",
        "mes.reading.value",
        "mes.customer_order.name",
        "net.switch.ip_address",
        "erp.order_line.line",
        "mes.tool.age_hours",
    ],
)
def test_a_plant_column_speaks_for_no_person(path: str) -> None:
    *context, name = path.split(".")
    found = [proposal.category for proposal in propose(name, context=context)]
    assert not [category for category in found if category.startswith("user")]


def test_a_truth_value_speaks_for_nothing() -> None:
    assert propose("email", physical_type="boolean") == ()
    assert propose("email", physical_type="text")


def test_evidence_and_confidence_tell_context_from_plain_words() -> None:
    (strong,) = propose("email")
    (weak,) = propose("name", context=("mes", "operators"))
    assert (strong.evidence, weak.evidence) == (("email",), ("name", "operator"))
    assert strong.confidence > weak.confidence
    assert weak.rule == "names/2:user.name"


def test_the_more_specific_category_stands_for_its_parents() -> None:
    found = propose("street_address", context=("crm", "customer"))
    categories = [proposal.category for proposal in found]
    assert "user.contact.address.street" in categories


def test_the_dictionary_uses_known_categories_and_groups() -> None:
    (taxonomy,) = json.loads(shared("catalog/fides/data_categories.json").read_text()).values()
    known = {category["fides_key"] for category in taxonomy} | set(FLOORS)
    for phrases in dictionary().by_word.values():
        for phrase in phrases:
            assert phrase.category in known
            assert phrase.words
            assert {phrase.group, *phrase.unless} - {None} <= set(dictionary().groups)


# A busy machine is slow at drawing examples and at its first look-up; that says nothing of names.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=50), max_size=3))
def test_any_name_is_answered_and_confident_answers_come_first(
    name: str, context: list[str]
) -> None:
    found = propose(name, context=context)
    assert [p.confidence for p in found] == sorted((p.confidence for p in found), reverse=True)
    assert len({p.category for p in found}) == len(found)


DATASETS = ("db_dataset", "mailchimp_dataset", "postgres_example_test_dataset", "stripe_dataset")


def _labeled() -> Iterator[tuple[tuple[str, ...], str, list[str]]]:
    for name in DATASETS:
        content = yaml.safe_load(shared(f"catalog/fides/{name}.yml").read_text())
        for dataset in content["dataset"]:
            for collection in dataset["collections"]:
                yield from _fields((collection["name"],), collection["fields"])


def _fields(
    path: tuple[str, ...], fields: list[dict[str, Any]]
) -> Iterator[tuple[tuple[str, ...], str, list[str]]]:
    for field in fields:
        if field.get("data_categories"):
            yield path, field["name"], field["data_categories"]
        yield from _fields((*path, field["name"]), field.get("fields") or [])


def test_precision_and_recall_on_the_raw_labels(record_property: Any) -> None:
    hits = false = misses = agreed = total = 0
    for path, name, labels in _labeled():
        total += 1
        personal = any(label.startswith("user") for label in labels)
        said = [p.category for p in propose(name, context=path) if p.category.startswith("user")]
        hits += bool(personal and said)
        false += bool(said and not personal)
        misses += bool(personal and not said)
        related = any(a in closure([b]) or b in closure([a]) for a in said for b in labels)
        agreed += bool(personal and said and related)
    precision, recall = hits / (hits + false), hits / (hits + misses)
    score = 2 * precision * recall / (precision + recall)
    record_property("names", f"P {precision:.3f} R {recall:.3f} F1 {score:.3f}")
    assert (total, hits + misses) == (2186, 222)
    assert score >= 0.75
    assert precision >= 0.75
    assert agreed >= 0.95 * hits
