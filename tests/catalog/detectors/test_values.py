"""What sampled values speak for: columns of persons found, the plant's own left alone."""

import random
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.detectors.checks import CHECKS, tail
from catalog.detectors.values import Column, judge, rules
from catalog.domain.labels import PERSONAL, closure
from tests.builders import second_plant
from tests.builders.columns import IP, NATIONAL, ON, PHONE, columns, plant_kinds
from tests.builders.labeled import Score

SEED = 20260630


def _categories(values: list[str], name: str = "c1", physical_type: str = "") -> list[str]:
    found = judge(Column(name, values, physical_type), on=ON)
    return [proposal.category for proposal in found]


def _drawn(pattern: str, count: int = 60, seed: int = 1) -> list[str]:
    """Return ``count`` strings of ``pattern``, in which 9 is any digit and A any letter."""
    rng = random.Random(seed)
    draw = {"9": "0123456789", "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return ["".join(rng.choice(draw.get(char, char)) for char in pattern) for _ in range(count)]


def test_structured_values_of_twelve_countries_are_found_and_no_plant_identifier_is() -> None:
    hits = false = misses = related = 0
    for column in columns(SEED):
        said = [p.category for p in judge(Column(column.name, column.values), on=ON)]
        personal = [one for one in said if PERSONAL in closure([one]) or one == column.category]
        if column.category is None:
            assert not personal, (column.kind, personal)
        hits += column.category in said
        misses += column.category is not None and column.category not in said
        false += bool(said) and column.category not in said
        related += column.category in said
    score = Score(hits, false, misses, related)
    assert (hits + misses) == 134
    assert score.precision >= 0.98
    assert score.recall >= 0.95


def test_there_are_at_least_forty_kinds_of_plant_identifiers() -> None:
    assert len(plant_kinds(random.Random(1))) >= 40


@pytest.mark.parametrize("rows", [20, 60])
def test_kinds_thought_of_later_are_no_persons_either(rows: int) -> None:
    drawn = second_plant.kinds(random.Random(f"{SEED}:{rows}"))
    called = {kind: _categories([draw() for _ in range(rows)]) for kind, draw in drawn.items()}
    assert not {kind for kind, said in called.items() if said}


@pytest.mark.parametrize("seed", range(3))
def test_numbers_of_no_meaning_speak_for_nothing(seed: int) -> None:
    rng = random.Random(f"{SEED}:{seed}")
    for _ in range(100):
        pattern = "".join(
            rng.choice(["9", "99", "999", "9999", "A", "7", "20", "-", " ", ".", "/"])
            for _ in range(rng.randint(2, 6))
        )
        assert not _categories(_drawn(pattern.strip(), seed=seed)), pattern


def test_evidence_holds_counts_and_names_of_rules_never_a_value() -> None:
    for column in columns(SEED + 1):
        for proposal in judge(Column(column.name, column.values), on=ON):
            told = " ".join(proposal.evidence)
            assert not [value for value in column.values if len(value) > 2 and value in told]


@pytest.mark.parametrize(
    "check", [r for r in rules().rules if r.base_rate is not None], ids=lambda r: r.id
)
def test_chance_passes_a_check_no_more_often_than_its_base_rate(check: object) -> None:
    shapes = {
        "iban": "DE99999999999999999999", "bic": "AAAAAAAA", "gb_nino": "AA999999A",
        "de_pension": "12010180A999", "es_dni": "99999999A", "es_nie": "X9999999A",
        "it_cf": "AAAAAA80A01A999A", "fi_hetu": "010180-999A", "mx_curp": "AAAA800101HDFAAA99",
        "in_pan": "AAAAA9999A", "cn_ric": "11010119800101999A", "card": "4999999999999999",
        "fr_nir": "180019999999999", "ch_ahv": "7569999999999", "br_cpf": "99999999999",
        "pl_pesel": "80010199999", "be_nn": "80010199999", "no_fnr": "01018099999",
        "gr_amka": "01018099999", "de_idnr": "99999999999", "tr_tckn": "99999999999",
        "hr_oib": "99999999999", "ee_ik": "38001019999", "ro_cnp": "1800101129999",
        "se_pnr": "800101-9999", "cz_rc": "800101/9999", "at_vnr": "9999010180",
        "bg_egn": "8001019999", "gb_nhs": "9999999999", "in_aadhaar": "299999999999",
        "nl_bsn": "999999999", "pt_nif": "199999999", "ca_sin": "999999999",
        "au_tfn": "999999999",
    }  # fmt: skip
    rate = check.base_rate  # type: ignore[attr-defined]
    name = check.id  # type: ignore[attr-defined]
    drawn = _drawn(shapes[name], count=1_000, seed=7)
    passed = sum(check.check(value) for value in drawn)  # type: ignore[attr-defined]
    # Three standard deviations above the rate would be seen once in a thousand runs.
    assert passed <= 1_000 * rate + 3 * (1_000 * rate * (1 - rate)) ** 0.5


@pytest.mark.parametrize(("of", "least"), [(12, 11), (20, 14), (50, 22)])
def test_the_tail_asks_for_the_measured_number_of_passes(of: int, least: int) -> None:
    assert tail(least, of, 0.097) < 1e-9 <= tail(least - 1, of, 0.097)
    assert tail(8, 8, 0.097) > 1e-9


def test_few_values_prove_nothing() -> None:
    numbers = ["44051401359", "02070803628", "55030101193", "90090515836"]
    assert all(map(CHECKS["pl_pesel"], numbers))
    assert not _categories(numbers)


@pytest.mark.parametrize(
    "pattern",
    ["WO 2024 99999", "(12) 9999-9999", "0999 999999", "999 999 999", "4711-0815-9999", "+0.9999"],
)
def test_what_only_looks_like_a_telephone_number_is_none(pattern: str) -> None:
    assert PHONE not in _categories(_drawn(pattern))


def test_telephone_numbers_need_a_country_or_a_name() -> None:
    bare = [f"0{n}" for n in _drawn("151 9999999")]
    assert not _categories(bare)
    assert _categories(bare, name="phone_mobile") == [PHONE]
    assert _categories([f"+49 {n[1:]}" for n in bare]) == [PHONE]


def test_numbers_of_one_country_are_found_by_their_validity_alone() -> None:
    rng = random.Random(3)
    areas = [*range(201, 204), *range(205, 211), *range(212, 221), 224, 225, 228, 229, 231, 234]
    areas += [239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267]
    cities = [
        f"({rng.choice(areas)}) {rng.randint(220, 989)}-{rng.randint(0, 9999):04d}"
        for _ in range(60)
    ]
    assert _categories(cities) == [PHONE]
    assert not _categories([f"(212){number[5:]}" for number in cities])


@pytest.mark.parametrize("written", ["{0:%Y-%m-%d}", "{0:%d.%m.%Y}", "{0.month}/{0.day}/{0.year}"])
def test_dates_over_a_life_that_ended_years_ago_are_dates_of_birth(written: str) -> None:
    born = [date(1970 + n, 1 + n % 12, 1 + n % 28) for n in range(40)]
    values = [written.format(day) for day in born]
    assert _categories(values) == ["user.demographic.date_of_birth"]
    assert not _categories(values, name="commissioned_on")
    recent = [*values, written.format(date(2026, 5, 1))]
    assert not _categories(recent)
    assert _categories(recent, name="birth_date")
    assert not _categories([*values, written.format(date(2027, 5, 1))], name="birth_date")


def test_years_written_as_their_first_day_are_not_births() -> None:
    years = [f"{year}-01-01" for year in range(1940, 2000)]
    assert not _categories(years)


def test_a_time_of_day_is_no_birth() -> None:
    values = [f"{1950 + n}-03-02T08:15:00" for n in range(50)]
    assert not _categories(values)


def test_versions_are_no_addresses_and_controllers_no_persons() -> None:
    versions = [f"{n % 9}.{n % 20}.{n % 7}.{n}" for n in range(60)]
    inside = [f"10.20.{n % 8}.{100 + n}" for n in range(60)]
    assert not _categories(versions)
    assert not _categories(inside)
    assert _categories(inside, name="client_ip") == [IP]
    assert _categories([f"84.20.{n % 8}.{100 + n}" for n in range(60)]) == [IP]


def test_a_spreadsheet_has_destroyed_the_numbers() -> None:
    assert not _categories([f"5.5{n:04d}E+15" for n in range(60)], name="ccnumber")


def test_a_byte_order_mark_and_blanks_do_not_hide_an_address() -> None:
    values = [f" user{n}@example.org " for n in range(30)]
    assert _categories(["\ufeff" + values[0], *values[1:]]) == ["user.contact.email"]


@pytest.mark.parametrize(
    ("value", "category"),
    [
        ("$2b$12$" + "a1B2" * 13 + "c", "user.authorization.password"),
        ("$argon2id$v=19$m=65536,t=3,p=4$" + "c2FsdA" * 4, "user.authorization.password"),
        ("pbkdf2_sha256$600000$" + "salt" * 6, "user.authorization.password"),
        ("-----BEGIN " + "PRIVATE KEY-----\nMIIE\n", "system.authentication"),
        ("ey" + "JhbGciOiJIUzI1NiJ9.ey" + "JzdWIiOiIxIn0.c2ln", "system.authentication"),
        ("AK" + "IA" + "Q" * 16, "system.authentication"),
        ("gh" + "p_" + "x" * 36, "system.authentication"),
    ],
)
def test_one_credential_is_enough_and_restricted(value: str, category: str) -> None:
    (found,) = judge(Column("c1", [value]), on=ON)
    assert (found.category, found.level.slug) == (category, "restricted")


@pytest.mark.parametrize("physical_type", ["boolean", "double precision", "jsonb", "bytea"])
def test_types_that_hold_no_such_text_are_not_asked(physical_type: str) -> None:
    values = [f"user{n}@example.org" for n in range(30)]
    assert _categories(values)
    assert not _categories(values, physical_type=physical_type)


def test_a_company_number_is_not_a_citizen() -> None:
    citizens = next(c for c in columns(SEED) if c.kind == "nif pt_PT").values
    assert _categories(list(citizens)) == [NATIONAL]
    companies = [f"5{n:07d}" for n in range(1_000, 1_060)]
    digits = [sum(int(d) * w for d, w in zip(n, range(9, 1, -1), strict=True)) for n in companies]
    checked = [n + str((11 - d % 11) % 11 % 10) for n, d in zip(companies, digits, strict=True)]
    assert all(map(CHECKS["pt_nif"], checked))
    assert not _categories(checked)


def test_no_values_say_nothing() -> None:
    assert judge(Column("c1", []), on=ON) == ()
    assert judge(Column("c1", ["", "  "]), on=ON) == ()


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)
@given(st.lists(st.one_of(st.text(max_size=40), st.text("0123456789+-./() AZ", max_size=20))))
def test_any_values_are_answered_and_each_category_once(values: list[str]) -> None:
    found = judge(Column("phone birth", values), on=ON)
    assert len({one.category for one in found}) == len(found)
    assert all(one.rule.startswith("values/1:") and one.evidence for one in found)
