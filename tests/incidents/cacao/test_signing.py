import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from incidents.cacao import document, signing
from incidents.cacao.faults import Invalid
from incidents.runbooks.core import CoreRunbook
from incidents.runbooks.core import document as shipped
from tests.incidents.cacao.slow_jcs import slow_canonical, slow_sign

NOW = datetime(2026, 11, 17, 9, 45, 0, 123456, tzinfo=UTC)
SEED = bytes(range(32))
ME = "identity--fa6f82d1-3f5b-5e62-8697-d4417035a1a9"
PREFIX = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: an Ed25519 key in DER


def content():
    return document.load(shipped(CoreRunbook.CONTAINMENT))


def url(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def foreign(found, *, algorithm="Ed25519", public=b"", signer=None, **over):
    """Sign as somebody else would, with nothing of ours."""
    signature = {
        "type": "jss",
        "id": "jss--11111111-1111-4111-8111-111111111111",
        "created": "2026-11-17T09:45:00.000Z",
        "modified": "2026-11-17T09:45:00.000Z",
        "signee": "Somebody else",
        "related_to": found["id"],
        "related_version": found["modified"],
        "hash_algorithm": "sha-256",
        "algorithm": algorithm,
        "public_key": base64.b64encode(public or PREFIX + slow_sign(SEED, b"")[0]).decode(),
        **over,
    }
    covered = slow_canonical({**found, "signatures": [signature]})
    digest = hashlib.new(signature["hash_algorithm"].replace("-", ""), covered).hexdigest()
    value = (signer or (lambda text: slow_sign(SEED, text)[1]))(digest.encode())
    return {**found, "signatures": [{**signature, "value": url(value)}]}


def verified(found, at=NOW):
    return [one.problem for one in signing.verify(found, at=at)]


def test_the_slow_oracle_signs_as_the_standard_does():
    """RFC 8032, 7.1, test 1: an empty message."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public, value = slow_sign(seed, b"")
    assert public.hex().startswith(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    )
    assert value.hex().startswith(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
    )


@pytest.mark.parametrize("name", ["sha-256", "sha-512"])
def test_a_signature_of_an_independent_implementation_holds(name):
    found = foreign(content(), hash_algorithm=name)
    (one,) = signing.verify(found, at=NOW)
    assert one.holds, one.problem
    assert (one.signee, one.algorithm) == ("Somebody else", "Ed25519")
    assert one.thumbprint == url(hashlib.sha256(PREFIX + slow_sign(SEED, b"")[0]).digest())


def test_our_signature_is_the_one_that_the_slow_oracle_makes():
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    data = signing.sign(content(), key=key, signee="Site", created_by=ME, at=NOW)
    found = json.loads(data)
    assert data == slow_canonical(found)
    value = found["signatures"][0].pop("value")
    digest = hashlib.sha256(slow_canonical(found)).hexdigest()
    assert value == url(slow_sign(SEED, digest.encode())[1])
    assert found["signatures"][0]["created"] == "2026-11-17T09:45:00.123Z"


def test_any_changed_byte_breaks_it():
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    small = document.load(shipped(CoreRunbook.LEARNING))
    small["workflow"] = dict(list(small["workflow"].items())[:1])
    data = signing.sign(small, key=key, signee="Site", created_by=ME, at=NOW)
    assert verified(document.load(data)) == [""]
    for place, byte in enumerate(data):
        for other in {byte ^ 1, byte ^ (0x02 << place % 7)}:
            changed = data[:place] + bytes([other]) + data[place + 1 :]
            try:
                found = document.load(changed)
            except Invalid:
                continue  # no document any more
            # A changed name of the list leaves a document without signatures.
            assert not any(one.holds for one in signing.verify(found, at=NOW)), (place, other)


def test_layout_and_order_of_keys_are_not_signed():
    found = foreign(content())
    again = json.dumps(dict(reversed(found.items())), indent=4, default=float).encode()
    assert verified(document.load(again)) == [""]


def test_each_signature_stands_for_itself():
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([one]) * 32) for one in (1, 2)]
    data = shipped(CoreRunbook.RECOVERY)
    for key in keys:
        data = signing.sign(document.load(data), key=key, signee="S", created_by=ME, at=NOW)
    found = document.load(data)
    assert verified(found) == ["", ""]
    found["signatures"][0]["signee"] = "T"
    assert verified(found) == ["the document is not what was signed", ""]


def es256():
    key = ec.generate_private_key(ec.SECP256R1())

    def signer(text):
        r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return key.public_key(), signer


def rs256(bits=2048):
    key = rsa.generate_private_key(65537, bits)
    return key.public_key(), lambda text: key.sign(text, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(("algorithm", "make"), [("ES256", es256), ("RS256", rs256)])
def test_signatures_of_other_algorithms_hold(algorithm, make):
    public, signer = make()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    found = foreign(content(), algorithm=algorithm, public=der, signer=signer)
    assert verified(found) == [""]
    found["name"] += "!"
    assert verified(found) == ["the document is not what was signed"]
    found["signatures"][0]["algorithm"] = "Ed25519"
    assert verified(found) == ["the key is not of this algorithm"]


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"revoked": True}, "revoked by whoever made it"),
        ({"related_to": "playbook--1"}, "made for another playbook"),
        ({"related_version": "2020-01-01T00:00:00.000Z"}, "made for another version"),
        ({"valid_from": "2027-01-01T00:00:00.000Z"}, "not valid yet"),
        ({"valid_until": "2026-11-17T09:45:00.123456Z"}, "not valid any more"),
        ({"valid_until": "tomorrow"}, "valid_until is no timestamp"),
        ({"type": "jws"}, "the type is jss"),
        ({"algorithm": "none"}, "algorithm is Ed25519, ES256, RS256"),
    ],
)
def test_a_signature_that_is_not_in_force_does_not_hold(over, problem):
    assert verified(foreign(content(), **over)) == [problem]


@pytest.mark.parametrize(
    ("over", "problem"),
    [
        ({"value": None}, "value is missing"),
        ({"value": "=" * 3}, "value is no Base64"),
        ({"hash_algorithm": "md5"}, "hash_algorithm is sha-256 or sha-512"),
        ({"public_key": "AAAA"}, "public_key cannot be read"),
        ({"public_key": "!"}, "public_key is no Base64"),
        ({"algorithm": ["Ed25519"]}, "algorithm is Ed25519, ES256, RS256"),
    ],
)
def test_a_signature_that_cannot_be_read_does_not_hold(over, problem):
    found = foreign(content())
    found["signatures"][0].update(over)
    assert verified(found) == [problem]


@pytest.mark.parametrize("signatures", [{}, [7], "x"])
def test_what_is_no_list_of_signatures_does_not_hold(signatures):
    assert all(verified({**content(), "signatures": signatures}))


def test_a_signature_is_in_force_until_its_last_instant():
    found = foreign(content(), valid_until="2026-11-17T10:00:00.000Z")
    last = datetime(2026, 11, 17, 10, tzinfo=UTC)
    assert verified(found, last - timedelta(microseconds=1)) == [""]
    assert verified(found, last) == ["not valid any more"]


def test_a_weak_key_is_refused():
    public, signer = rs256(1024)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    found = foreign(content(), algorithm="RS256", public=der, signer=signer)
    assert verified(found) == ["the key is no RSA key of 2048 bits or more"]
