"""What other detectors do, rebuilt from how they are documented to behave.

Names: one regular expression per kind over the column's name, any part of it, as piicatcher
has. Values: one regular expression per kind over each value, as CommonRegex has; a column is
of a kind at the first hit, or, more careful than its users mostly are, at half of the values.
"""

import re
from collections.abc import Sequence

_WORDS = {
    "person": "firstname fname lastname lname fullname maidenname nickname name person",
    "email": "email e-mail mail",
    "birth date": "date_of_birth dateofbirth dob birthday birthdate date_of_death dateofdeath",
    "gender": "gender",
    "nationality": "nationality",
    "address": "address city state county country zone borough",
    "zip code": "zipcode zip_code postal zip",
    "user name": "user userid username",
    "password": "pass",
    "ssn": "ssn social",
    "credit card": "credit_card creditcard cc_number cc_num",
    "phone": "phone telephone",
}
_NAMES = re.compile("|".join(word for words in _WORDS.values() for word in words.split()), re.I)

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_VALUES = {
    "user.contact.email": r"[a-z0-9!#$%&'*+?^_`{|.}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+",
    "user.contact.phone_number": (
        r"(?<![-\d])(?:\+?\d{1,3}[-. ]?)?(?:\(?\d{3}\)?[-. ]?)?\d{3}[-. ]?\d{4}(?![-\d])"
        r"|(?<![-\d])(?:\(\+?\d\d\)|\+?\d\d) *\d\d *\d{3} *\d{4}(?![-\d])"
    ),
    "user.device.ip_address": (
        rf"(?:{_OCTET}\.){{3}}{_OCTET}|(?:[0-9a-f]{{1,4}}:){{7}}[0-9a-f]{{1,4}}"
    ),
    "user.financial.credit_card": r"(?:(?:\d{4}[- ]?){3}\d{4}|\d{15,16})(?!\d)",
    "user.government_id.national_identification_number": r"\b(?!000|666)\d{3}[- ]\d{2}[- ]\d{4}\b",
    "user.financial.bank_account": r"\b[A-Z]{2}\d{2}[A-Z0-9]{11,30}\b",
}
_COMPILED = {kind: re.compile(pattern, re.I) for kind, pattern in _VALUES.items()}


def name_is_personal(name: str) -> bool:
    """Return whether a regular expression finds a telling word anywhere in ``name``."""
    return _NAMES.search(name) is not None


def kinds_of_values(values: Sequence[str], *, share: float) -> set[str]:
    """Return the kinds that at least ``share`` of ``values`` hit; 0 asks for one hit."""
    needed = max(1.0, share * len(values))
    return {
        kind
        for kind, pattern in _COMPILED.items()
        if sum(pattern.search(value) is not None for value in values) >= needed
    }
