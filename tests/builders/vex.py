"""Small VEX documents and files of feeds, as their publishers write them."""

import json
from pathlib import Path
from typing import Any

CVE = "CVE-2024-1001"
PURL = "pkg:pypi/requests@2.28.2"


def an_openvex(**over: Any) -> bytes:
    statement = {
        "vulnerability": {"name": CVE},
        "products": [{"@id": "pkg:oci/gateway", "subcomponents": [{"@id": PURL}]}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
        **over.pop("statement", {}),
    }
    return json.dumps(
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": "https://supplier.example/vex/1",
            "author": "Supplier",
            "timestamp": "2026-11-18T08:00:00Z",
            "version": 1,
            "statements": [statement],
            **over,
        }
    ).encode()


def a_cyclonedx_vex(**over: Any) -> bytes:
    analysis = {
        "state": "not_affected",
        "justification": "code_not_reachable",
        "detail": "Only called by the test bench.",
        **over.pop("analysis", {}),
    }
    return json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 2,
            "metadata": {
                "timestamp": "2026-11-18T08:00:00Z",
                "authors": [{"name": "Supplier"}],
                "component": {"type": "application", "name": "Gateway", "bom-ref": "root"},
            },
            "components": [{"type": "library", "name": "requests", "bom-ref": "r-1", "purl": PURL}],
            "vulnerabilities": [
                {"id": CVE, "analysis": analysis, "affects": [{"ref": over.pop("ref", "r-1")}]}
            ],
            **over,
        }
    ).encode()


def a_cyclonedx_xml(*, version: str = "1.6", state: str = "not_affected", cve: str = CVE) -> bytes:
    """Return what ``a_cyclonedx_vex`` says, in XML."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/{version}" version="2">
  <metadata>
    <timestamp>2026-11-18T08:00:00Z</timestamp>
    <authors><author><name>Supplier</name></author></authors>
    <component type="application" bom-ref="root"><name>Gateway</name></component>
  </metadata>
  <components>
    <component type="library" bom-ref="r-1"><name>requests</name><purl>{PURL}</purl></component>
  </components>
  <vulnerabilities><vulnerability>
    <id>{cve}</id>
    <analysis>
      <state>{state}</state>
      <justification>code_not_reachable</justification>
      <detail>Only called by the test bench.</detail>
    </analysis>
    <affects><target><ref>r-1</ref></target></affects>
  </vulnerability></vulnerabilities>
</bom>""".encode()


def a_csaf(**over: Any) -> bytes:
    vulnerability = {
        "cve": CVE,
        "product_status": {"known_not_affected": ["GW:REQ"]},
        "flags": [{"label": "vulnerable_code_not_in_execute_path", "product_ids": ["GW:REQ"]}],
        **over.pop("vulnerability", {}),
    }
    part = {
        "product_id": "REQ",
        "name": "requests 2.28.2",
        "product_identification_helper": {"purl": PURL},
    }
    return json.dumps(
        {
            "document": {
                "category": "csaf_vex",
                "csaf_version": over.pop("csaf_version", "2.0"),
                "publisher": {"name": "Supplier", "category": "vendor"},
                "tracking": {
                    "id": "S-1",
                    "version": "3",
                    "current_release_date": "2026-11-18T08:00:00Z",
                },
            },
            "product_tree": {
                "branches": [
                    {
                        "category": "vendor",
                        "name": "Supplier",
                        "branches": [
                            {"category": "product_version", "name": "2.28.2", "product": part}
                        ],
                    }
                ],
                "full_product_names": [{"product_id": "GW", "name": "Gateway"}],
                "relationships": [
                    {
                        "category": "default_component_of",
                        "product_reference": "REQ",
                        "relates_to_product_reference": "GW",
                        "full_product_name": {"product_id": "GW:REQ", "name": "requests in it"},
                    }
                ],
            },
            "vulnerabilities": [vulnerability],
            **over,
        }
    ).encode()


def a_kev(path: Path, *entries: dict[str, Any], **over: Any) -> Path:
    """Write a catalog; each entry needs ``cveID`` only."""
    listed = [
        {
            "vendorProject": "Vendor",
            "product": "Product",
            "dateAdded": "2026-11-10",
            "dueDate": "2026-11-24",
            "knownRansomwareCampaignUse": "Unknown",
            **one,
        }
        for one in entries
    ]
    catalog = {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2026.11.17",
        "dateReleased": "2026-11-17T08:00:00.0000Z",
        "count": len(listed),
        "vulnerabilities": listed,
        **over,
    }
    path.write_text(json.dumps(catalog))
    return path


def a_cve_record(cve: str = CVE, **over: Any) -> dict[str, Any]:
    """Return a CVE record with CISA's container, its words in mixed case as published."""
    options = over.pop("options", ["PoC", "No", "Total"])
    names = ("Exploitation", "Automatable", "Technical Impact")
    ssvc = {
        "timestamp": "2026-11-12T10:00:00.000000Z",
        "id": cve,
        "options": [{name: word} for name, word in zip(names, options, strict=True)],
        "role": "CISA Coordinator",
        "version": "2.0.3",
    }
    vector = over.pop("vector", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
    return {
        "dataType": "CVE_RECORD",
        "dataVersion": "5.1",
        "cveMetadata": {"cveId": cve, "state": "PUBLISHED"},
        "containers": {
            "cna": {},
            "adp": [
                {
                    "title": "CISA ADP Vulnrichment",
                    "providerMetadata": {
                        "shortName": "CISA-ADP",
                        "orgId": "134c704f-9b21-4f2e-91b3-4a467353bcc0",
                        "dateUpdated": "2026-11-12T10:00:00.000Z",
                    },
                    "metrics": [
                        {"cvssV3_1": {"vectorString": vector, "version": "3.1"}},
                        {"other": {"type": "ssvc", "content": ssvc}},
                    ],
                }
            ],
        },
        **over,
    }
