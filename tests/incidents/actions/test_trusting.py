"""Whose signatures count: a key trusted by name, and what its signatures read as."""

from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance import boundary
from governance.domain.actor import Actor
from governance.errors import Conflict, NotAllowed, Refused
from incidents.actions import trusting
from incidents.cacao import signing
from incidents.cacao.document import load
from incidents.errors import ReasonMissing
from incidents.models import Signee
from incidents.queries import signees
from tests.builders.incidents import a_responder
from tests.builders.runbooks import a_document

pytestmark = pytest.mark.django_db
KEY = Ed25519PrivateKey.generate()
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
HOW = {"name": "Plant safety", "reason": "read on their page, told by phone"}


@pytest.fixture
def board(at: datetime) -> Actor:
    return a_responder("board_member")


def trust(key: bytes, by: Actor, at: datetime, **over: Any) -> Signee:
    with boundary.acting(by, at=at):
        return trusting.trust(key, by=by, at=at, **{**HOW, **over})


def words(at: datetime, **over: Any) -> list[str]:
    content = load(a_document())
    data = signing.sign(
        content, key=KEY, signee="somebody", created_by=str(content["created_by"]), at=at
    )
    return [one.words for one in signees.verified({**load(data), **over}, at=at)]


def test_a_signature_reads_by_the_name_under_which_its_key_is_trusted(
    board: Actor, at: datetime
) -> None:
    assert words(at) == ["valid, by a key nobody here trusts"]
    row = trust(PEM, board, at)
    assert words(at) == ["valid, by Plant safety"]
    assert words(at, name="other") == ["not valid: the document is not what was signed"]
    with boundary.acting(board, at=at):
        with pytest.raises(ReasonMissing):
            trusting.end(row, reason=" ", by=board, at=at)
        trusting.end(row, reason="lost", by=board, at=at)
        with pytest.raises(Conflict):
            trusting.end(row, reason="again", by=board, at=at)
    assert words(at) == ["valid, by a key nobody here trusts"]
    assert trust(DER, board, at).thumbprint == row.thumbprint


def test_what_is_no_trust(board: Actor, commander: Actor, at: datetime) -> None:
    with pytest.raises(NotAllowed):
        trust(PEM, commander, at)
    for bad in (b"", b"-----BEGIN PUBLIC KEY-----\n", PEM[:40]):
        with pytest.raises(Refused, match="no public key"):
            trust(bad, board, at)
    with pytest.raises(Refused, match="whose key"):
        trust(PEM, board, at, name=" ")
    with pytest.raises(ReasonMissing):
        trust(PEM, board, at, reason="")
    trust(PEM, board, at)
    with pytest.raises(Conflict, match="as that of Plant safety"):
        trust(DER, board, at, name="Somebody else")


def test_unsigned_documents_have_no_signatures(at: datetime) -> None:
    assert signees.verified({}, at=at) == []
    assert [one.words for one in signees.verified({"signatures": [1]}, at=at)] == [
        "not valid: no signature object"
    ]
