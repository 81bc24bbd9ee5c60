"""The verifier's own Ed25519 against that of ``cryptography``: never more lenient."""

from random import Random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.tlog.verify_audit import BASE, L, P, add, holds, table

# RFC 8032 section 7.1: secret key, public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]  # fmt: skip


def ours(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        return holds(public, signature, message)
    except ValueError:
        return False


def theirs(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_hold(public: str, message: str, signature: str) -> None:
    arguments = bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message)
    assert holds(*arguments)
    assert theirs(*arguments)


def test_altered_signatures_and_messages_are_judged_as_cryptography_does() -> None:
    rng = Random(8032)
    for number in range(12):
        key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), rng.randbytes(number * 9)
        signature = key.sign(message)
        assert ours(public, signature, message)
        for _ in range(40):
            bad = bytearray(signature)
            bad[rng.randrange(64)] ^= 1 << rng.randrange(8)
            assert not ours(public, bytes(bad), message)
            assert not theirs(public, bytes(bad), message)
        for wrong in (message + b"x", message[:-1] + b"\0\1"):
            assert not ours(public, signature, wrong)
        for short in (signature[:-1], signature + b"\0", b""):
            assert not ours(public, short, message)


def test_a_scalar_beyond_the_order_is_refused() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"m")
    scalar = int.from_bytes(signature[32:], "little")
    for more in range(1, 15):
        if scalar + more * L < 2**256:
            bad = signature[:32] + (scalar + more * L).to_bytes(32, "little")
            assert not ours(public, bad, b"m")
            assert not theirs(public, bad, b"m")


def test_odd_keys_are_never_taken_where_cryptography_refuses() -> None:
    rng = Random(25519)
    small = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ]
    keys = [bytes.fromhex(one) for one in small]
    keys += [(P + offset).to_bytes(32, "little") for offset in range(19)]
    keys += [(P + offset | 1 << 255).to_bytes(32, "little") for offset in range(19)]
    for key in keys:
        for signature in (key + bytes(32), bytes([1]) + bytes(63), rng.randbytes(32) + bytes(32)):
            assert not ours(key, signature, b"m"), key.hex()
    for _ in range(30):
        key, signature = rng.randbytes(32), rng.randbytes(32) + bytes(32)
        assert ours(key, signature, b"m") <= theirs(key, signature, b"m")


def test_a_mixed_order_key_is_not_helped_by_the_cofactor() -> None:
    """With a component of order 8 in the key, the cofactored equation alone would hold."""
    order_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    key = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
    public = key.public_key().public_bytes_raw()
    x, y, z, t = add(table(public)[0][1], small_point(order_8))
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    mixed = (y | (x & 1) << 255).to_bytes(32, "little")
    assert t is not None
    for number in range(24):
        signature = key.sign(b"%d" % number)
        assert ours(mixed, signature, b"%d" % number) == theirs(mixed, signature, b"%d" % number)


def small_point(raw: bytes) -> tuple[int, int, int, int]:
    y = int.from_bytes(raw, "little")
    d = -121665 * pow(121666, -1, P) % P
    u, v = (y * y - 1) % P, (d * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if v * x * x % P == u else x * pow(2, (P - 1) // 4, P) % P
    assert v * x * x % P == u
    return x, y, 1, x * y % P


def test_the_base_point_has_the_order_of_the_group() -> None:
    sums = (0, 1, 1, 0)
    for row, digit in zip(table(BASE), L.to_bytes(32, "little"), strict=True):
        sums = add(sums, row[digit])
    assert sums[0] % P == 0
    assert (sums[1] - sums[2]) % P == 0
