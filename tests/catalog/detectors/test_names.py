"""What names speak for, one by one and measured on labels made by others."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.detectors.names import dictionary, propose, words
from catalog.domain.labels import FLOORS, Level
from tests.builders.labeled import cleaned, fides, judged, score
from tests.shared import shared

CORRECTIONS = Path(__file__).parents[3] / "bench" / "fides_corrections.json"


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
        ("hr.employee.mail", "user.contact.email"),
        ("crm.account.contact_mail", "user.contact.email"),
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


@pytest.mark.parametrize("name", ["mail_code", "mail_stop", "mail_count", "mail_room"])
def test_mail_on_paper_is_no_address_of_electronic_mail(name: str) -> None:
    found = propose(name, context=["hr", "employee"])
    assert "user.contact.email" not in [proposal.category for proposal in found]


def test_a_truth_value_speaks_for_nothing() -> None:
    assert propose("email", physical_type="boolean") == ()
    assert propose("email", physical_type="text")


def test_evidence_and_confidence_tell_context_from_plain_words() -> None:
    (strong,) = propose("email")
    (weak,) = propose("name", context=("mes", "operators"))
    assert (strong.evidence, weak.evidence) == (("email",), ("name", "operator"))
    assert strong.confidence > weak.confidence
    assert weak.rule == "names/3:user.name"


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
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300), st.lists(st.text(max_size=50), max_size=3))
def test_any_name_is_answered_and_confident_answers_come_first(
    name: str, context: list[str]
) -> None:
    found = propose(name, context=context)
    assert [p.confidence for p in found] == sorted((p.confidence for p in found), reverse=True)
    assert len({p.category for p in found}) == len(found)


def test_precision_and_recall_on_the_raw_labels(record_property: Any) -> None:
    rows = fides(shared("catalog/fides/db_dataset.yml").parent)
    assert (len(rows), sum(row.is_personal for row in rows)) == (2186, 222)
    found = score(rows)
    record_property("names", f"F1 {found.f1:.3f}")
    assert found.f1 >= 0.75
    assert found.precision >= 0.75
    assert found.related >= 0.95 * found.hits


def test_precision_and_recall_on_the_corrected_labels() -> None:
    rows = fides(shared("catalog/fides/db_dataset.yml").parent)
    assert score(cleaned(rows, CORRECTIONS)).f1 >= 0.85


def test_a_correction_gives_a_reason_and_changes_a_label() -> None:
    rows = {row.key: row for row in fides(shared("catalog/fides/db_dataset.yml").parent)}
    for group in json.loads(CORRECTIONS.read_text())["groups"]:
        assert group["reason"].endswith(".")
        for key in group["fields"]:
            assert rows[key].is_personal != any(c.startswith("user") for c in group["categories"])


@pytest.mark.parametrize(
    ("schema", "least"),
    [("omop_cdm54_fields.csv", 0.75), ("pagila-schema.sql", 0.95), ("adventureworks.sql", 0.9)],
)
def test_names_of_schemas_judged_by_hand(schema: str, least: float) -> None:
    found = score(judged(shared(f"catalog/schemas/{schema}").parent, schema))
    assert found.f1 >= least
    assert found.precision >= 0.95


@pytest.mark.parametrize(
    "place", [(), ("mes", "operator"), ("erp", "customer"), ("mes", "machine")]
)
@pytest.mark.parametrize(
    "name",
    [
        "work_order_id", "WorkOrderNo", "gtin", "gtin13", "ean", "sscc", "tool_number", "tool_id",
        "serial_number", "serial_no", "batch_no", "batch_id", "lot_number", "asset_tag",
        "asset_id", "part_number", "material_number", "machine_id", "machine_code",
        "order_number", "purchase_order_no", "customer_order_number", "drawing_no", "pallet_id",
        "plc_ip", "firmware_version", "recipe_id", "line_id", "seriennummer", "chargennummer",
        "auftragsnummer", "numero_serie", "numero_lote", "codice_lotto", "numer_seryjny",
    ],
)  # fmt: skip
def test_a_plant_identifier_is_of_no_person_in_any_table(name: str, place: tuple[str, ...]) -> None:
    found = propose(name, context=place)
    assert not [one for one in found if one.category.startswith("user")]


@pytest.mark.parametrize(
    "path",
    [
        "rh.salarie.prenom", "rh.client.nom", "rh.salarie.date_naissance",
        "rh.employe.numero_securite_sociale", "hr.dipendente.cognome", "hr.dipendente.cellulare",
        "hr.dipendente.codice_fiscale", "hr.funcionario.data_nascimento", "hr.funcionario.nome",
        "hr.funcionario.telemovel", "hr.pracownicy.nazwisko", "hr.pracownicy.pesel",
        "hr.pracownik.data_urodzenia", "hr.medewerker.achternaam", "hr.medewerker.geboortedatum",
        "hr.medewerker.adres", "rh.empleado.direccion", "hr.Kunde.Anschrift",
        "hr.Mitarbeiter.Personalnummer", "auftrag.freigegeben_von",
    ],
)  # fmt: skip
def test_seven_more_languages_speak_of_persons(path: str) -> None:
    *context, name = path.split(".")
    assert [one for one in propose(name, context=context) if one.category.startswith("user")]


@pytest.mark.parametrize("name", ["password", "ccnumber", "CVV2", "Age", "\ufeffpassword"])
def test_names_speak_where_a_spreadsheet_has_destroyed_the_values(name: str) -> None:
    assert propose(name, context=("export",))
