"""Generated columns: values of persons of twelve countries, and what a plant writes instead.

Values are drawn from a seed and belong to nobody. Columns have neutral names, so that values
are judged alone.
"""

import random
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from faker import Faker
from stdnum import ean, luhn
from stdnum.de import idnr
from stdnum.es import nie
from stdnum.pt import nif

ON = date(2026, 6, 30)
"""The day on which generated columns are judged."""
LOCALES = (
    "en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT",
    "pl_PL", "nl_NL", "sv_SE", "fi_FI", "pt_BR", "pt_PT",
)  # fmt: skip
PHONE, EMAIL = "user.contact.phone_number", "user.contact.email"
BORN = "user.demographic.date_of_birth"
NATIONAL = "user.government_id.national_identification_number"
IBAN, CARD = "user.financial.bank_account", "user.financial.credit_card"
IP, MAC = "user.device.ip_address", "user.device.device_id"
PASSWORD, SECRET = "user.authorization.password", "system.authentication"
DIRT = ("n/a", "-", "unknown", "?", "see note")

Draw = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Generated:
    """A column with what it truly holds: ``category`` is None for a plant's own values."""

    name: str
    kind: str
    category: str | None
    values: tuple[str, ...]


def columns(seed: int, *, rows: int = 60) -> Iterator[Generated]:
    """Yield all columns of one set: every kind of every locale, then every plant kind twice."""
    kinds = [*_personal(seed), *_plant(seed)]
    for number, (kind, category, draw, rng) in enumerate(kinds, start=1):
        values = _distinct(draw, rows)
        if category and rng.random() < 0.5:  # half of the columns hold some dirt, as real ones do
            for dirt in DIRT[: rows // 15]:
                values[rng.randrange(len(values))] = dirt
        yield Generated(f"c{number:03d}", kind, category, tuple(values))


def _distinct(draw: Draw, rows: int) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(rows * 20):
        found[draw()] = None
        if len(found) == rows:
            break
    return list(found)


def _personal(seed: int) -> Iterator[tuple[str, str, Draw, random.Random]]:
    for locale in LOCALES:
        fake = Faker(locale)
        fake.seed_instance(f"{seed}:{locale}")
        rng = random.Random(f"{seed}:{locale}")
        how = rng.choice(["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"])
        general: dict[str, tuple[str, Draw]] = {
            "email": (EMAIL, fake.email),
            "phone": (PHONE, fake.phone_number),
            "iban": (IBAN, lambda fake=fake, rng=rng: _iban(fake, rng)),
            "card": (CARD, fake.credit_card_number),
            "birth date": (
                BORN,
                lambda fake=fake, how=how: fake.date_of_birth(
                    minimum_age=16, maximum_age=80
                ).strftime(how),
            ),
            "ipv4": (IP, fake.ipv4),
            "ipv6": (IP, fake.ipv6),
            "mac": (MAC, fake.mac_address),
            "jwt": (SECRET, lambda rng=rng: _token(rng)),
            "bcrypt": (PASSWORD, lambda rng=rng: "$2b$12$" + _word(rng, _B64, 53)),
        }
        for kind, (category, draw) in general.items():
            yield f"{kind} {locale}", category, draw, rng
        for kind, draw in _national(locale, fake, rng).items():
            yield f"{kind} {locale}", NATIONAL, draw, rng


def _national(locale: str, fake: Faker, rng: random.Random) -> dict[str, Draw]:
    kinds: dict[str, dict[str, Draw]] = {
        "en_US": {"ssn": lambda: fake.ssn()},
        "en_GB": {"nino": lambda: fake.ssn()},
        "de_DE": {"pension": lambda: fake.rvnr(), "idnr": lambda: _idnr(rng)},
        "fr_FR": {"nir": lambda: fake.ssn()},
        "es_ES": {"dni": lambda: fake.nif(), "nie": lambda: _nie(rng)},
        "it_IT": {"codice fiscale": lambda: fake.ssn()},
        "pl_PL": {"pesel": lambda: fake.pesel()},
        "nl_NL": {"bsn": lambda: fake.ssn()},
        "sv_SE": {"personnummer": lambda: fake.ssn()},
        "fi_FI": {"hetu": lambda: fake.ssn()},
        "pt_BR": {"cpf": lambda: fake.cpf()},
        "pt_PT": {"nif": lambda: _nif(rng)},
    }
    return kinds[locale]


_B64 = string.ascii_letters + string.digits


def _word(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


def _number(rng: random.Random, length: int) -> str:
    return _word(rng, string.digits, length)


def _token(rng: random.Random) -> str:
    # Put together from parts, so that no scanner takes this file for a leak.
    return ".".join(
        ("eyJ" + _word(rng, _B64, 20), "eyJ" + _word(rng, _B64, 60), _word(rng, _B64, 43))
    )


def _iban(fake: Faker, rng: random.Random) -> str:
    plain: str = fake.iban()
    if rng.random() < 0.5:
        return plain
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def _idnr(rng: random.Random) -> str:
    while True:
        base = _number(rng, 10)
        number = base + idnr.mod_11_10.calc_check_digit(base)
        if idnr.is_valid(number):
            return number


def _nie(rng: random.Random) -> str:
    base = rng.choice("XYZ") + _number(rng, 7)
    return base + str(nie.calc_check_digit(base))


def _nif(rng: random.Random) -> str:
    base = rng.choice("12") + _number(rng, 7)
    return base + str(nif.calc_check_digit(base))


def _gs1(rng: random.Random, length: int, prefix: str = "") -> str:
    base = prefix + _number(rng, length - 1 - len(prefix))
    return base + str(ean.calc_check_digit(base))


def _day(rng: random.Random, first: int = 2021, last: int = 2026) -> datetime:
    start = datetime(first, 1, 1, tzinfo=UTC)
    return start + timedelta(seconds=rng.randrange((last - first) * 31_536_000))


def _plant(seed: int) -> Iterator[tuple[str, None, Draw, random.Random]]:
    for round_ in (1, 2):
        rng = random.Random(f"{seed}:plant:{round_}")
        for kind, draw in plant_kinds(rng).items():
            yield kind, None, draw, rng


def plant_kinds(rng: random.Random) -> dict[str, Draw]:
    """Return how a plant writes its own numbers, by kind."""
    return _identifiers(rng) | _numbers(rng) | _technical(rng)


def _identifiers(rng: random.Random) -> dict[str, Draw]:
    year = rng.choice([2022, 2023, 2024, 2025])
    prefix = rng.choice(["T-", "WZ", "TL"])
    maker = _number(rng, 6)
    serial = iter(range(rng.randrange(10**5), 10**7, rng.randrange(1, 9)))
    return {
        "work order": lambda: f"WO {year} {_number(rng, 5)}",
        "work order, bare": lambda: f"{year} {_number(rng, 5)}",
        "production order": lambda: f"1000{_number(rng, 8)}",
        "purchase order": lambda: f"45000{_number(rng, 5)}",
        "gtin-8": lambda: _gs1(rng, 8),
        "gtin-12": lambda: _gs1(rng, 12),
        "gtin-13": lambda: _gs1(rng, 13, "4" + maker),
        "gtin-14": lambda: _gs1(rng, 14),
        "gtin-14, leading 0": lambda: _gs1(rng, 14, "0" + maker),
        "sscc": lambda: _gs1(rng, 18, "3" + maker),
        "tool number": lambda: f"{prefix}{_number(rng, 5)}",
        "serial number, letters": lambda: f"SN{_number(rng, 8)}",
        "serial number, 9 digits": lambda: _number(rng, 9),
        "serial number, 10 digits": lambda: _number(rng, 10),
        "serial number, 11 digits": lambda: _number(rng, 11),
        "serial number, 16 digits": lambda: "4" + _number(rng, 15),
        "serial number, Luhn": lambda: _luhn(f"{next(serial):09d}"),
        "imei of a terminal": lambda: _luhn("35" + _number(rng, 12)),
        "part number, spaced": lambda: (
            f"A {_number(rng, 3)} {_number(rng, 3)} {_number(rng, 2)} 00"
        ),
        "part number, dashed": lambda: f"{_number(rng, 3)}-{_number(rng, 3)}-{_number(rng, 4)}",
        "part number, dotted": lambda: f"{_number(rng, 4)}.{_number(rng, 4)}.{_number(rng, 2)}",
        "part number, bracket": lambda: (
            f"({rng.randrange(10, 99)}) {_number(rng, 4)}-{_number(rng, 4)}"
        ),
        "drawing number": lambda: f"{_number(rng, 3)} {_number(rng, 3)} {_number(rng, 3)}",
        "drawing number, leading 0": lambda: f"0{_number(rng, 3)} {_number(rng, 6)}",
        "batch id": lambda: f"B{_day(rng):%y%m%d}-{_number(rng, 4)}",
        "batch id, dated number": lambda: f"{_day(rng):%y%m%d}-{_number(rng, 4)}",
        "batch id, dated 11 digits": lambda: f"{_day(rng):%y%m%d}{_number(rng, 5)}",
        "batch id, dated 10 digits": lambda: f"{_day(rng):%y%m%d}{_number(rng, 4)}",
        "asset tag": lambda: f"AT-{_number(rng, 8)}",
        "material number, padded": lambda: _number(rng, 8).zfill(18),
        "sim card": lambda: _luhn("8949" + _number(rng, 14)),
        "company number": lambda: _luhn(_number(rng, 13)),
        "vat number": lambda: f"DE{_number(rng, 9)}",
        "vehicle identification number": lambda: "WAU" + _word(rng, "ABCDEFGH0123456789", 14),
    }


def _luhn(base: str) -> str:
    return base + str(luhn.calc_check_digit(base))


def _numbers(rng: random.Random) -> dict[str, Draw]:
    count = iter(range(rng.randrange(10**8, 10**9), 10**10))
    sparse = iter(range(rng.randrange(10**9, 2 * 10**9), 10**12, rng.randrange(100, 5000)))
    return {
        "version": lambda: f"{rng.randrange(9)}.{rng.randrange(30)}.{rng.randrange(30)}",
        "version like an address": lambda: ".".join(str(rng.randrange(25)) for _ in range(4)),
        "version of a firmware": lambda: (
            f"V{rng.randrange(9)}.{rng.randrange(99)}.{rng.randrange(999)}"
        ),
        "date": lambda: f"{_day(rng):%Y-%m-%d}",
        "date, day first": lambda: f"{_day(rng):%d.%m.%Y}",
        "date of commissioning": lambda: f"{_day(rng, 1984, 2026):%Y-%m-%d}",
        "timestamp": lambda: f"{_day(rng):%Y-%m-%dT%H:%M:%S}Z",
        "decimal": lambda: f"{rng.uniform(0, 500):.3f}",
        "decimal with comma": lambda: f"{rng.uniform(0, 9999):,.2f}".translate(
            str.maketrans(",.", ".,")
        ),
        "deviation": lambda: f"{rng.uniform(-1, 1):+.4f}",
        "counter": lambda: str(next(count)),
        "counter with gaps": lambda: str(next(sparse)),
        "epoch seconds": lambda: str(int(_day(rng).timestamp())),
        "epoch milliseconds": lambda: str(int(_day(rng).timestamp() * 1000)),
        "measure with unit": lambda: f"{rng.uniform(0, 60):.1f} bar",
        "scientific": lambda: f"{rng.uniform(1, 9):.5f}E+{rng.randrange(10, 16)}",
        "customs code": lambda: f"84{_number(rng, 2)}.{_number(rng, 2)}.{_number(rng, 2)}",
    }


def _hex(rng: random.Random) -> str:
    return f"{rng.randrange(256):02x}"


def _technical(rng: random.Random) -> dict[str, Draw]:
    bits = string.digits + "abcdef"
    return {
        "machine code": lambda: (
            f"CNC-{rng.randrange(1, 99):02d}-{rng.choice('ABCD')}{_number(rng, 2)}"
        ),
        "alarm code": lambda: f"E{_number(rng, 4)}",
        "storage bin": lambda: "-".join(_number(rng, 2) for _ in range(4)),
        "duration": lambda: (
            f"{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}"
        ),
        "tag of a controller": lambda: (
            f"ns=2;s=Line{rng.randrange(9)}.Press{rng.randrange(99)}.Temp"
        ),
        "address of a controller": lambda: f"10.20.{rng.randrange(8)}.{rng.randrange(2, 250)}",
        "mac of a controller": lambda: f"00:1b:1b:{_hex(rng)}:{_hex(rng)}:{_hex(rng)}",
        "uuid": lambda: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "short hash": lambda: _word(rng, bits, 8),
        "sha256": lambda: _word(rng, bits, 64),
        "file": lambda: f"/data/line{rng.randrange(9)}/{_number(rng, 8)}.csv",
        "state": lambda: _word(rng, "RUNSTOPIDLE", 8),
    }
