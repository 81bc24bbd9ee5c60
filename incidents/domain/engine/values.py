"""Variables of a running playbook: what is declared, and the values they hold now."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

PLAYBOOK = ""
"""The scope of the variables that all steps share."""
TIMEOUT = "__ACTION_TIMEOUT__"
MAX_VALUE = 10_000  # characters
Address = ipaddress.IPv4Network | ipaddress.IPv6Network
Value = str | bool | Decimal | Address

_NUMBERS = {"integer", "long", "float"}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Clash(ValueError):
    """A value does not fit the type that was declared; the text says which."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A declaration; ``value`` is None until somebody gives one."""

    type: str = "string"
    value: str | None = None
    is_constant: bool = False
    is_external: bool = False
    about: str = ""


def typed(text: str, kind: str) -> Value:
    """Return ``text`` as a value of the CACAO variable type ``kind`` (chapter 10.18.3).

    Raises:
        Clash: it is no such value.
    """
    try:
        if kind == "bool":
            return _WORDS[text.strip().lower()]
        if kind in _NUMBERS:
            found = Decimal(text.strip())
            if not found.is_finite():
                raise Clash(f"{text[:40]!r} is no {kind}")
            return found
        if kind in ("ipv4-addr", "ipv6-addr"):
            return ipaddress.ip_network(text.strip(), strict=False)
    except (KeyError, InvalidOperation, ValueError) as error:
        raise Clash(f"{text[:40]!r} is no {kind}") from error
    return text


@dataclass(slots=True)
class Values:
    """Current values by scope and name; a scope is that of the playbook, or of one step visit."""

    declared: Mapping[str, Mapping[str, Variable]]
    held: dict[str, dict[str, str | None]]

    def find(self, name: str, scopes: Iterable[str]) -> tuple[str, str | None] | None:
        """Return type and value of ``name`` in the first scope that declares it."""
        for scope in scopes:
            variable = self.declared.get(scope, {}).get(name)
            if variable is not None:
                written = self.held.get(scope, {})
                return variable.type, written.get(name, variable.value)
        if name == TIMEOUT:
            return "string", self.held.get(PLAYBOOK, {}).get(name)
        return None

    def write(self, name: str, value: str | None, scopes: Iterable[str]) -> bool:
        """Give ``name`` a value where it is declared; False where it is not, or is constant."""
        for scope in scopes:
            variable = self.declared.get(scope, {}).get(name)
            if variable is not None:
                if variable.is_constant:
                    return False
                self.held.setdefault(scope, {})[name] = value
                return True
        if name == TIMEOUT:
            self.held.setdefault(PLAYBOOK, {})[name] = value
            return True
        return False
