"""A package of evidence for others: files, their hashes, the chain of each, and a manifest."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

COLUMNS = ("item", "number", "act", "by", "to", "at", "reason", "sha256")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Of zip: the earliest time it can write. The manifest has the true ones.
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Packed:
    """One file: what the package calls it, where it lies, and its hash; no path once destroyed."""

    name: str
    sha256: str
    path: Path | None


def file_name(number: int, name: str) -> str:
    """Return a name that no unpacking program takes for a path: ``E3-export.csv``."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "file"
    return f"E{number}-{plain[-100:]}"


def pack(
    to: BinaryIO,
    *,
    manifest: Mapping[str, Any],
    custody: Sequence[Mapping[str, Any]],
    files: Sequence[Packed],
) -> None:
    """Write the package to ``to``, one file after the other, never one whole in memory."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED, allowZip64=True) as package:
        _write(package, "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
        _write(package, "custody.csv", _csv(custody))
        present = [one for one in files if one.path is not None]
        lines = "".join(f"{one.sha256}  files/{one.name}\n" for one in present)
        _write(package, "SHA256SUMS", lines)
        for one in present:
            if one.path is not None:
                package.write(one.path, f"files/{one.name}")


def _write(package: zipfile.ZipFile, name: str, text: str) -> None:
    package.writestr(zipfile.ZipInfo(name, date_time=_EPOCH), text.encode())


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_plain(str(row[name])) for name in COLUMNS])
    return out.getvalue()


def _plain(text: str) -> str:
    """Keep a program that opens the table from taking text for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
