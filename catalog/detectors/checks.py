"""Check digits and strict formats, one value at a time.

The formats are those of python-stdnum, which names the law or standard of each number.
"""

import ipaddress
import math
import re
from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from stdnum import bic, ean, iban, luhn
from stdnum.at import vnr
from stdnum.au import tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.tr import tckimlik
from stdnum.us import ssn

Check = Callable[[str], bool]

_CARD_PREFIXES = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|(?:6011|64[4-9]\d|65\d\d|62\d\d)\d{12}(?:\d{3})?"  # Discover, UnionPay
    r"|35\d{14}|(?:2131|1800)\d{11}"  # JCB, issued and in test systems
    r"|3(?:0[0-5]|[68]\d|9\d)\d{11}"  # Diners Club
    r"|(?:50|5[6-9]|6\d)\d{10,17}"  # Maestro
)
_NINO = re.compile(
    r"(?!BG|GB|KN|NK|NT|TN|ZZ)[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]"
)
_PLACEHOLDER_NINO = re.compile(r"ZZ ?\d\d ?\d\d ?\d\d ?[A-DT]")
"""Never issued, so test systems write it; the column is still one of these numbers."""
_PENSION = re.compile(r"(\d\d)(\d\d)(\d\d)(\d\d)([A-Z])(\d\d)(\d)")
_PENSION_WEIGHTS = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)


def tail(hits: int, of: int, rate: float) -> float:
    """Return P(X >= hits) for ``of`` independent trials that succeed at ``rate``."""
    return _tail(hits, of, rate)


@lru_cache(maxsize=4096)
def _tail(hits: int, of: int, rate: float) -> float:
    return math.fsum(
        math.comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in range(hits, of + 1)
    )


def is_gtin(value: str) -> bool:
    """Whether ``value`` is a GTIN-8, -12, -13 or -14 with its check digit (GS1)."""
    return len(value) in (8, 12, 13, 14) and bool(ean.is_valid(value))


def _card(value: str) -> bool:
    digits = re.sub(r"[ -]", "", value)
    return bool(_CARD_PREFIXES.fullmatch(digits)) and bool(luhn.is_valid(digits))


def _iban(value: str) -> bool:
    # Banks use account numbers whose national check digits fail; ISO 13616 asks for mod 97 only.
    return bool(iban.is_valid(value, check_country=False))


def _nino(value: str) -> bool:
    plain = value.upper()
    return bool(_NINO.fullmatch(plain) or _PLACEHOLDER_NINO.fullmatch(plain))


def _pension(value: str) -> bool:
    """German pension insurance number (VKVV, section 2): area, birth, initial, serial, check."""
    parts = _PENSION.fullmatch(value.replace(" ", "").upper())
    if parts is None:
        return False
    _, day, month, _, initial, serial, check = parts.groups()
    if not 1 <= int(day) <= 31 or not 1 <= int(month) <= 12:
        return False
    digits = f"{parts.string[: parts.start(5)]}{ord(initial) - 64:02d}{serial}"
    products = (int(digit) * weight for digit, weight in zip(digits, _PENSION_WEIGHTS, strict=True))
    return sum(product // 10 + product % 10 for product in products) % 10 == int(check)


def _ipv4(value: str) -> bool:
    try:
        ipaddress.IPv4Address(value.partition("/")[0])
    except ValueError:
        return False
    return True


def _ipv6(value: str) -> bool:
    try:
        ipaddress.IPv6Address(value.partition("/")[0])
    except ValueError:
        return False
    return value.count(":") >= 2


def is_inside(value: str) -> bool:
    """Whether an IP address is of a private network, a loopback or a link (RFC 1918, RFC 6890)."""
    return ipaddress.ip_address(value.partition("/")[0]).is_private


def _matches(value: str) -> bool:
    return True


def _valid(module: Any) -> Check:
    return lambda value: bool(module.is_valid(value))


CHECKS = MappingProxyType(
    {
        "shape": _matches,
        "card": _card,
        "iban": _iban,
        "bic": _valid(bic),
        "ipv4": _ipv4,
        "ipv6": _ipv6,
        "at_vnr": _valid(vnr),
        "au_tfn": _valid(tfn),
        "be_nn": _valid(nn),
        "bg_egn": _valid(egn),
        "br_cpf": _valid(cpf),
        "ca_sin": _valid(sin),
        "ch_ahv": _valid(ahv),
        "cn_ric": _valid(ric),
        "cz_rc": _valid(rc),
        "de_idnr": _valid(idnr),
        "de_pension": _pension,
        "ee_ik": _valid(ik),
        "es_dni": _valid(dni),
        "es_nie": _valid(nie),
        "fi_hetu": _valid(hetu),
        "fr_nir": _valid(nir),
        "gb_nhs": _valid(nhs),
        "gb_nino": _nino,
        "gr_amka": _valid(amka),
        "hr_oib": _valid(oib),
        "in_aadhaar": _valid(aadhaar),
        "in_pan": _valid(pan),
        "it_cf": _valid(codicefiscale),
        "mx_curp": _valid(curp),
        "nl_bsn": _valid(bsn),
        "no_fnr": _valid(fodselsnummer),
        "pl_pesel": _valid(pesel),
        "pt_nif": _valid(nif),
        "ro_cnp": _valid(cnp),
        "se_pnr": _valid(personnummer),
        "tr_tckn": _valid(tckimlik),
        "us_ssn": _valid(ssn),
    }
)
"""Checks by the name that rules give. Each takes one value and says whether it holds."""
