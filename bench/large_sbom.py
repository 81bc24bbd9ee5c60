"""Large SBOMs grown from real ones: components as three real documents list them."""

import json
from pathlib import Path
from typing import Any

from tests.shared import ROOT

_FOLDER = ROOT / "sbom" / "cyclonedx-json"
_SOURCES = (
    "3d5e265e2ca8-juice-shop-11.1.2.cdx.json",
    "a2e17be40185-bom.json",
    "001a52237a69-proton-bridge-v1.6.3.bom.json",
)
SERIAL = "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79"


def write(path: Path, count: int) -> int:
    """Write ``count`` components, each depending on two others, as CycloneDX 1.4 JSON.

    Beyond the first 1,924 the real ones are repeated under other versions. Returns the bytes.
    """
    real = [
        component
        for name in _SOURCES
        for component in json.loads((_FOLDER / name).read_text("utf-8-sig"))["components"]
    ]
    with path.open("w", encoding="utf-8") as file:
        file.write(
            f'{{"bomFormat":"CycloneDX","specVersion":"1.4","serialNumber":"{SERIAL}",'
            '"version":1,"components":['
        )
        for number in range(count):
            again, place = divmod(number, len(real))
            file.write("," * bool(number) + _text(_grown(real[place], number, again)))
        file.write('],"dependencies":[')
        for number in range(count):
            needs = [f"c{one}" for one in (2 * number + 1, 2 * number + 2) if one < count]
            file.write("," * bool(number) + _text({"ref": f"c{number}", "dependsOn": needs}))
        file.write("]}")
    return path.stat().st_size


def _grown(component: dict[str, Any], number: int, again: int) -> dict[str, Any]:
    grown = {**component, "bom-ref": f"c{number}"}
    version = str(component.get("version", ""))
    if again and version:
        grown["version"] = f"{version}.{again}"
        if "purl" in component:
            grown["purl"] = str(component["purl"]).replace(f"@{version}", f"@{version}.{again}")
    elif again:
        grown["name"] = f"{component['name']}-{again}"
    return grown


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
