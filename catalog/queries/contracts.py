"""Contracts as they leave the catalog: byte for byte, or in the newest version."""

from catalog.contracts import reader, writer
from catalog.models import Contract


def exported(contract: Contract, *, is_newest: bool = False) -> bytes:
    """Return ``contract`` as it was imported, or as YAML of the newest version.

    Raises:
        NotConvertible: its version cannot be brought up to the newest without loss.
    """
    if not is_newest:
        return bytes(contract.body)
    stated = reader.read(bytes(contract.body)).contract
    if stated is None:
        raise writer.NotConvertible("a contract that cannot be read")
    return writer.write_newest(stated)
