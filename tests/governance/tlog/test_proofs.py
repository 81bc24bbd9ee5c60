import base64
from dataclasses import replace

import pytest

from governance.tlog.notes import Checkpoint, NoteError, Verifier, parse_checkpoint, parse_note
from governance.tlog.proofs import Proof, check_proof, format_proof, parse_proof
from governance.tlog.tree import ProofError, inclusion_proof, leaf_hash
from tests.builders.tlog import ORIGIN, Log, a_log_key, a_witness_key
from tests.governance.tlog.test_tree import naive


def a_proof(index: int = 5, size: int = 11, **over: object) -> tuple[Proof, bytes]:
    log = Log.of(size)
    leaves = [leaf_hash(one.leaf_data) for one in log]

    def node(level: int, at: int) -> bytes:
        return naive(leaves[at << level : (at + 1) << level])

    hashes = tuple(inclusion_proof(index, size, node))
    proof = Proof(index, hashes, log.notes[size])
    return replace(proof, **over), leaves[index]  # type: ignore[arg-type]


def check(proof: Proof, leaf: bytes, *, quorum: int = 1, origin: str = ORIGIN) -> Checkpoint:
    return check_proof(
        proof,
        leaf,
        origin=origin,
        log_keys=[Verifier(a_log_key().vkey)],
        witnesses=[Verifier(a_witness_key().vkey)],
        quorum=quorum,
    )


@pytest.mark.parametrize("extra", [None, b"", b"what the entry was"])
def test_a_proof_reads_back_and_holds(extra: bytes | None) -> None:
    proof, leaf = a_proof(extra=extra)
    text = format_proof(proof)
    assert text.startswith("c2sp.org/tlog-proof@v1\n")
    assert parse_proof(text) == proof
    assert check(parse_proof(text), leaf).size == 11


def test_a_log_of_one_entry_has_a_proof_without_hashes() -> None:
    proof, leaf = a_proof(0, 1)
    assert proof.hashes == ()
    assert parse_proof(format_proof(proof)) == proof
    check(proof, leaf)


def test_what_a_proof_does_not_show_is_refused() -> None:
    proof, leaf = a_proof()
    with pytest.raises(ProofError, match="another root"):
        check(proof, leaf_hash(b"another entry"))
    with pytest.raises(ProofError):
        check(replace(proof, index=6), leaf)
    with pytest.raises(ProofError, match="of the log"):
        check(proof, leaf, origin="other.example/log")
    with pytest.raises(ProofError, match="2 are wanted"):
        check(proof, leaf, quorum=2)
    lines = proof.note.splitlines(keepends=True)
    with pytest.raises(ProofError, match="did not sign"):
        check(replace(proof, note="".join([*lines[:-2], lines[-1]])), leaf)
    with pytest.raises(ProofError, match="0 witnesses"):
        check(replace(proof, note="".join(lines[:-1])), leaf)
    stranger = a_log_key("stranger.example", seed=9)
    foreign = stranger.sign(parse_checkpoint(parse_note(proof.note).text))
    with pytest.raises(ProofError, match="no known key"):
        check(replace(proof, note="".join(lines[:-2]) + foreign + "\n"), leaf)
    altered = proof.note.replace(f"\n{11}\n", f"\n{12}\n")
    with pytest.raises(ProofError, match="does not hold"):
        check(replace(proof, note=altered), leaf)
    with pytest.raises(ValueError, match="log keys"):
        check_proof(
            proof, leaf, origin=ORIGIN, quorum=1, witnesses=[],
            log_keys=[Verifier(a_witness_key().vkey)],
        )  # fmt: skip


def malformed() -> dict[str, str]:
    text = format_proof(a_proof(extra=b"x")[0])
    one = base64.b64encode(bytes(32)).decode()
    lines = text.split("\n")
    return {
        "empty": "",
        "another version": text.replace("@v1", "@v2", 1),
        "carriage returns": text.replace("\n", "\r\n"),
        "index with a leading zero": text.replace("index 5", "index 05"),
        "index with a sign": text.replace("index 5", "index +5"),
        "no index": "\n".join([line for line in lines if not line.startswith("index")]),
        "extra behind the index": "\n".join([lines[0], lines[2], lines[1], *lines[3:]]),
        "stray bits": text.replace("index 5\n", "index 5\n" + one[:-2] + "B=\n"),
        "a short hash": text.replace("index 5\n", "index 5\nAAAA\n"),
        "64 hashes": text.replace("index 5\n", "index 5\n" + f"{one}\n" * 64),
        "no checkpoint": text.split("\n\n")[0] + "\n\n",
        "a size with a leading zero": text.replace("\n11\n", "\n011\n"),
        "no newline at the end": text[:-1],
        "one key twice": text + text.splitlines()[-1] + "\n",
        "too long": text + "x" * 200_000,
    }


@pytest.mark.parametrize("how", list(malformed()))
def test_a_malformed_proof_is_refused(how: str) -> None:
    with pytest.raises(ProofError):
        parse_proof(malformed()[how])


def test_a_proof_that_none_could_read_is_not_written() -> None:
    proof, _ = a_proof()
    for hashes in ((bytes(32),) * 64, (bytes(31),)):
        with pytest.raises(ProofError):
            format_proof(replace(proof, hashes=hashes))


@pytest.mark.parametrize(
    "size", ["01", "+1", "-1", "1 ", "", "1e3", "١", "99999999999999999999999"]
)
def test_a_checkpoint_states_its_size_in_one_form(size: str) -> None:
    root = base64.b64encode(bytes(32)).decode()
    with pytest.raises(NoteError):
        parse_checkpoint(f"{ORIGIN}\n{size}\n{root}\n")
