"""Three formats, one shape; what cannot be used is named and costs nobody else anything."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from partners.domain.answers import Document, Justification, Status
from partners.domain.sboms import Code, Rejected
from partners.vex import cyclonedx, openvex, reader
from tests.builders.vex import CVE, PURL, a_csaf, a_cyclonedx_vex, a_cyclonedx_xml, an_openvex

AT = datetime(2026, 11, 18, 8, tzinfo=UTC)


@pytest.mark.parametrize("make", [an_openvex, a_cyclonedx_vex, a_cyclonedx_xml, a_csaf])
def test_the_same_claim_reads_alike_in_each_format(make: Callable[[], bytes]) -> None:
    document = reader.read(make())
    (one,) = document.statements
    assert (document.author, document.stated_at) == ("Supplier", AT)
    assert (one.names, one.subject) == ((CVE,), PURL)
    assert one.status is Status.NOT_AFFECTED
    assert one.justification is Justification.CODE_NOT_IN_EXECUTE_PATH
    assert one.stated_at == AT


def skipped(body: bytes) -> str:
    document = reader.read(body)
    assert not document.statements
    ((place, reason),) = document.skipped
    assert place.endswith("/0")
    return reason


def test_not_affected_without_a_reason_is_named_and_left_out() -> None:
    for body in (
        an_openvex(statement={"justification": ""}),
        a_cyclonedx_vex(analysis={"justification": "", "detail": ""}),
        a_csaf(vulnerability={"flags": []}),
    ):
        assert "not affected needs" in skipped(body)


def test_an_unknown_status_or_justification_is_named_and_left_out() -> None:
    assert "status" in skipped(an_openvex(statement={"status": "fine"}))
    assert "justification" in skipped(an_openvex(statement={"justification": "because"}))
    assert "state" in skipped(a_cyclonedx_vex(analysis={"state": "fine"}))
    assert "status" in skipped(a_csaf(vulnerability={"product_status": {"recommended": ["GW"]}}))


def test_the_remaining_statuses_map() -> None:
    fixed = reader.read(a_cyclonedx_vex(analysis={"state": "resolved_with_pedigree"}))
    assert fixed.statements[0].status is Status.FIXED
    assert fixed.statements[0].token == "resolved_with_pedigree/code_not_reachable"
    remedy = [{"category": "workaround", "details": "Close port 80.", "product_ids": ["GW:REQ"]}]
    affected = reader.read(
        a_csaf(
            vulnerability={
                "product_status": {"known_affected": ["GW:REQ"]},
                "remediations": remedy,
            }
        )
    )
    assert affected.statements[0].status is Status.AFFECTED
    assert affected.statements[0].action == "Close port 80."
    triage = reader.read(an_openvex(statement={"status": "under_investigation"}))
    assert triage.statements[0].status is Status.UNDER_INVESTIGATION


def test_references_lead_to_the_product_and_into_other_documents() -> None:
    def subject(ref: str) -> str:
        return reader.read(a_cyclonedx_vex(ref=ref)).statements[0].subject

    assert subject("root") == ""
    serial = uuid4()
    assert subject(f"urn:cdx:{serial}/1#pkg%3Apypi/requests@2.28.2") == PURL
    assert subject(f"urn:cdx:{serial}/1") == f"urn:uuid:{serial}"
    assert subject("elsewhere") == "elsewhere"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"", ""),
        (b"[]", ""),
        (b'{"hello": "world"}', ""),
        (b"[" * 5000, ""),
        (an_openvex(author=""), "/author"),
        (an_openvex(**{"@context": "https://openvex.dev/ns/v9"}), "/@context"),
        (an_openvex(statements="none"), "/statements"),
        (an_openvex(statements=[7]), "/statements/0"),
        (a_cyclonedx_vex(specVersion="1.3"), "/specVersion"),
        (a_cyclonedx_vex(vulnerabilities={}), "/vulnerabilities"),
        (a_csaf(csaf_version="3.0"), "/document/csaf_version"),
        (a_csaf(product_tree=[]), "/product_tree"),
        (an_openvex(author="a\x00b"), ""),
    ],
)
def test_a_broken_frame_is_refused_with_its_place(body: bytes, pointer: str) -> None:
    with pytest.raises(Rejected) as refusal:
        reader.read(body)
    assert refusal.value.defects[0].pointer == pointer


def answer(**over: Any) -> dict[str, Any]:
    fields = {
        "name": CVE,
        "product": "gateway",
        "purl": PURL,
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
        "token": "not_affected/code_not_reachable",
        "detail": "Only called by the test bench.",
        "action": "",
        "stated_at": AT,
    }
    return {**fields, **over}


@pytest.mark.parametrize("status", list(Status))
def test_what_is_written_reads_back_the_same(status: Status) -> None:
    justified = status is Status.NOT_AFFECTED
    one = answer(
        status=str(status),
        justification="inline_mitigations_already_exist" if justified else "",
        token="",
        action="Close port 80." if status is Status.AFFECTED else "",
    )
    key = uuid4().urn
    for write in (openvex.write, cyclonedx.write):
        body = json.dumps(write([one], key=key, author="Supplier", at=AT)).encode()
        document: Document = reader.read(body)
        (found,) = document.statements
        assert (found.status, found.subject, found.detail) == (status, PURL, one["detail"])
        assert (found.justification or "") == one["justification"]
        assert found.action == one["action"]


def test_the_words_of_cyclonedx_survive_a_round_trip() -> None:
    first = reader.read(a_cyclonedx_vex(analysis={"justification": "protected_at_perimeter"}))
    (one,) = first.statements
    row = answer(token=one.token, justification=str(one.justification))
    body = json.dumps(cyclonedx.write([row], key=uuid4().urn, author="S", at=AT)).encode()
    assert reader.read(body).statements[0].token == one.token


def test_xml_says_what_the_same_document_says_in_json() -> None:
    left, right = reader.read(a_cyclonedx_xml()), reader.read(a_cyclonedx_vex())
    (one,), (other,) = left.statements, right.statements
    assert one.place == "/bom/vulnerabilities/vulnerability[1]"
    assert replace(one, place="") == replace(other, place="")
    assert replace(left, statements=(), format="") == replace(right, statements=(), format="")


def test_the_place_of_an_unusable_statement_in_xml_is_a_path() -> None:
    ((place, reason),) = reader.read(a_cyclonedx_xml(state="fine")).skipped
    assert place == "/bom/vulnerabilities/vulnerability[1]"
    assert "state" in reason


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<bom", Code.MALFORMED),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Code.DOCTYPE),
        (b"<a/>", Code.UNKNOWN_FORMAT),
        (a_cyclonedx_xml(version="1.3"), Code.UNSUPPORTED_VERSION),
        (b"<a>" * 100 + b"</a>" * 100, Code.TOO_DEEP),
        (b'<?xml version="1.0" encoding="none"?><a/>', Code.MALFORMED),
        (b'{"a": 1, "a": 2}', Code.DUPLICATE_KEY),
        (b"PK\x03\x04", Code.COMPRESSED),
        (b"\x1f\x8b", Code.MALFORMED),
        (gzip.compress(bytes(70 * 2**20), 1), Code.BOMB),
        (b'{"a": "\xff"}', Code.MALFORMED),
        (b'{"a": "\\ud800"}', Code.MALFORMED),
    ],
)
def test_hostile_documents_are_refused_by_code(body: bytes, code: Code) -> None:
    with pytest.raises(Rejected) as refusal:
        reader.read(body)
    assert refusal.value.defects[0].code == code


def test_a_packed_document_reads_like_a_plain_one() -> None:
    assert reader.read(gzip.compress(an_openvex())) == reader.read(an_openvex())
