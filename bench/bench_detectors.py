"""How well the detectors tell personal columns, and how fast, beside two simpler ways.

``BENCH_SEED=n`` draws other columns: the rules were frozen before the seeds used here.
"""

import csv
import json
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from faker import Faker

from bench.detector_peers import kinds_of_values, name_is_personal
from bench.figures import Sheet
from catalog.detectors.names import propose, words
from catalog.detectors.values import Column, judge
from catalog.domain.labels import PERSONAL, closure
from tests.builders import second_plant
from tests.builders.columns import LOCALES, ON, Generated, columns, plant_kinds
from tests.builders.labeled import Labeled, Score, cleaned, fides, judged, score
from tests.shared import ROOT

FIRST_SEED = int(os.environ.get("BENCH_SEED", "920001"))
SEEDS = 5
CORRECTIONS = Path(__file__).with_name("fides_corrections.json")
SCHEMAS = ("omop_cdm54_fields.csv", "pagila-schema.sql", "adventureworks.sql")
OURS, ANY_HIT, HALF = "ours", "regex, any hit", "regex, half"


def asked_by_regex(labeled: Iterable[Labeled]) -> Score:
    """Return how a regular expression over names does on ``labeled``."""
    hits = false = misses = 0
    for row in labeled:
        said = name_is_personal(row.name)
        hits += said and row.is_personal
        false += said and not row.is_personal
        misses += row.is_personal and not said
    return Score(hits, false, misses, 0)


def tell(sheet: Sheet, what: str, found: Score, *, f1: float | None = None) -> None:
    sheet.figure(f"{what}: precision", found.precision, "")
    sheet.figure(f"{what}: recall", found.recall, "")
    sheet.figure(f"{what}: F1", found.f1, "", at_least=f1)


def names(sheet: Sheet) -> None:
    """Compare names with the labels of Fides, raw and corrected, and with our own judgment."""
    raw = fides(ROOT / "catalog" / "fides")
    personal = sum(row.is_personal for row in raw)
    sheet.figure("Fides: labeled fields", len(raw), "")
    sheet.figure("Fides: personal ones", personal, "")
    clean = cleaned(raw, CORRECTIONS)
    changed = sum(a.categories != b.categories for a, b in zip(raw, clean, strict=True))
    sheet.figure("Fides: labels corrected", changed, "")
    for what, rows, least in (("raw", raw, 0.75), ("cleaned", clean, 0.85)):
        ours, peer = score(rows), asked_by_regex(rows)
        tell(sheet, f"Fides {what}", ours, f1=least)
        sheet.figure(f"Fides {what}: hits of the right category", ours.related / ours.hits, "")
        tell(sheet, f"Fides {what}, name regex", peer)
        sheet.figure(f"Fides {what}: F1, ours / name regex", ours.f1 / peer.f1, "x", at_least=1.2)
    for schema in SCHEMAS:
        rows = judged(ROOT / "catalog" / "schemas", schema)
        tell(sheet, f"{schema}, our judgment", score(rows))
        tell(sheet, f"{schema}, name regex", asked_by_regex(rows))
    best = float("inf")
    for _ in range(5):
        words.cache_clear()
        begun = time.process_time()
        for row in raw:
            propose(row.name, context=row.path)
        best = min(best, time.process_time() - begun)
    sheet.figure("names, cold", len(raw) / best, "columns/s", at_least=50_000)


def by_ours(column: Generated) -> set[str]:
    return {one.category for one in judge(Column(column.name, column.values), on=ON)}


WAYS: dict[str, Callable[[Generated], set[str]]] = {
    OURS: by_ours,
    ANY_HIT: lambda column: kinds_of_values(column.values, share=0),
    HALF: lambda column: kinds_of_values(column.values, share=0.5),
}


def judged_columns(drawn: Sequence[Generated], way: Callable[[Generated], set[str]]) -> Score:
    """Return how ``way`` does: a hit names the category, a verdict without it is false."""
    hits = false = misses = 0
    for column in drawn:
        said = way(column)
        hits += column.category in said
        misses += column.category is not None and column.category not in said
        false += bool(said) and column.category not in said
    return Score(hits, false, misses, hits)


def values(sheet: Sheet) -> None:
    """Compare verdicts on generated columns of fresh seeds, ours and the peers'."""
    sheet.figure("locales", len(LOCALES), "", at_least=12)
    sheet.figure("kinds of plant identifiers", len(plant_kinds(_rng())), "", at_least=40)
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        drawn = list(columns(seed))
        found = {name: judged_columns(drawn, way) for name, way in WAYS.items()}
        plant = [column for column in drawn if column.category is None]
        false = [column.kind for column in plant if any(map(_is_personal, by_ours(column)))]
        missed = [c.kind for c in drawn if c.category and c.category not in by_ours(c)]
        ours, better = found[OURS], max(found[ANY_HIT], found[HALF], key=lambda one: one.f1)
        what = f"seed {seed}"
        sheet.figure(f"{what}: columns", len(drawn), "")
        sheet.figure(f"{what}: precision", ours.precision, "", at_least=0.98)
        sheet.figure(f"{what}: recall", ours.recall, "", at_least=0.95, note=", ".join(missed))
        sheet.figure(
            f"{what}: plant identifiers called personal", len(false), "", at_most=0,
            note=", ".join(false),
        )  # fmt: skip
        for name in (ANY_HIT, HALF):
            tell(sheet, f"{what}, {name}", found[name])
            peer = sum(bool(WAYS[name](column)) for column in plant)
            sheet.figure(f"{what}, {name}: plant called personal", peer, "")
        for measure in ("precision", "recall", "f1"):
            ratio = getattr(ours, measure) / getattr(better, measure)
            sheet.figure(f"{what}: {measure}, ours / better peer", ratio, "x", at_least=1.2)


def harder(sheet: Sheet) -> None:
    """Look where the rules are weaker: few values, and telephone numbers of other countries."""
    rng = _rng()
    drawn = {
        kind: tuple(draw() for _ in range(60)) for kind, draw in second_plant.kinds(rng).items()
    }
    wrong = [kind for kind, held in drawn.items() if by_ours(Generated("c1", kind, None, held))]
    sheet.figure("second plant: kinds", len(drawn), "")
    sheet.figure("second plant: called personal", len(wrong), "", at_most=0, note=", ".join(wrong))
    found = judged_columns(list(columns(FIRST_SEED, rows=20)), by_ours)
    sheet.figure("20 values a column: precision", found.precision, "")
    sheet.figure("20 values a column: recall", found.recall, "")
    missed = []
    for locale in OTHER_LOCALES:
        fake = Faker(locale)
        fake.seed_instance(FIRST_SEED)
        numbers = tuple(fake.phone_number() for _ in range(60))
        if not by_ours(Generated("c1", locale, "user.contact.phone_number", numbers)):
            missed.append(locale)
    recall = 1 - len(missed) / len(OTHER_LOCALES)
    note = ", ".join(missed)
    sheet.figure("telephone numbers of other locales: recall", recall, "", note=note)


OTHER_LOCALES = """
    en_CA en_AU en_NZ en_IE en_IN de_AT de_CH fr_CH fr_CA fr_BE nl_BE es_MX es_AR es_CO es_CL
    cs_CZ sk_SK hu_HU ro_RO bg_BG hr_HR sl_SI da_DK no_NO et_EE lt_LT lv_LV tr_TR el_GR uk_UA
    ru_RU ja_JP ko_KR zh_CN zh_TW th_TH vi_VN id_ID he_IL
""".split()  # noqa: SIM905
"""Locales that no rule was made for; several write no country and no leading zero."""


def _is_personal(category: str) -> bool:
    return PERSONAL in closure([category])


def _rng() -> random.Random:
    return random.Random(FIRST_SEED)


def speed(sheet: Sheet) -> None:
    """Measure values per second on the columns of one seed."""
    drawn = list(columns(FIRST_SEED))
    total = sum(len(column.values) for column in drawn)
    for name, way in WAYS.items():
        best = float("inf")
        for _ in range(3):
            begun = time.process_time()
            for column in drawn:
                way(column)
            best = min(best, time.process_time() - begun)
        least = 10_000 if name == OURS else None
        sheet.figure(f"values, {name}", total / best, "values/s", at_least=least)


FAKE_NAMES = {
    "EmailAddress": "user.contact.email",
    "Birthday": "user.demographic.date_of_birth",
    "TelephoneNumber": "user.contact.phone_number",
}
"""Columns whose values survived the spreadsheet; numbers of cards and identity did not."""
TAGGED = {
    "CREDIT_CARD": "user.financial.credit_card",
    "US_SSN": "user.government_id.national_identification_number",
    "EMAIL_ADDRESS": "user.contact.email",
    "PHONE_NUMBER": "user.contact.phone_number",
    "IBAN_CODE": "user.financial.bank_account",
    "IP_ADDRESS": "user.device.ip_address",
}


def outside(sheet: Sheet) -> None:
    """Look at value sets made by others, by values alone and with the column's name."""
    place = ROOT / "catalog" / "pii_values"
    with (place / "FakeNameGenerator_3000.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    names_of = {name: [row[name] for row in rows if row[name]] for name in rows[0]}
    tagged: dict[str, list[str]] = defaultdict(list)
    for text in json.loads((place / "synth_dataset_v2.json").read_text()):
        for span in text["spans"]:
            tagged[span["entity_type"]].append(span["entity_value"])
    for what, sets, truth in (
        ("FakeNameGenerator", names_of, FAKE_NAMES),
        ("synth_dataset_v2", dict(tagged), TAGGED),
    ):
        for how in ("values alone", "with names"):
            drawn = [
                Generated(name if how == "with names" else "c1", name, truth.get(name), tuple(held))
                for name, held in sets.items()
            ]
            found = judged_columns(drawn, by_ours)
            missed = [c.kind for c in drawn if c.category and c.category not in by_ours(c)]
            sheet.figure(f"{what}, {how}: precision", found.precision, "")
            sheet.figure(f"{what}, {how}: recall", found.recall, "", note=", ".join(missed))


def main() -> None:
    """Measure everything; leave out by name what the shared data would be needed for."""
    sheet = Sheet("detectors", seed=FIRST_SEED)
    print(
        f"  seeds {FIRST_SEED} to {FIRST_SEED + SEEDS - 1}; BENCH_SEED={FIRST_SEED} draws the same"
    )
    if (ROOT / "catalog").exists():
        names(sheet)
        outside(sheet)
    else:
        print(f"  no {ROOT / 'catalog'}: names and the sets of others are not measured")
    values(sheet)
    harder(sheet)
    speed(sheet)
    sheet.close()


if __name__ == "__main__":
    main()
    sys.exit(0)
