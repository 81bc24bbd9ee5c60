"""A witness signs what continues what it saw, and nothing else (C2SP tlog-witness)."""

import base64
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from governance.tlog.notes import (
    Checkpoint,
    LogKey,
    NoteError,
    Verifier,
    WitnessKey,
    cosigned_at,
    parse_note,
)
from governance.tlog.tree import EMPTY_ROOT
from governance.tlog.witness import Answer, Witness
from governance.tlog.witness.heads import MAX_BODY
from tests.governance.tlog.conftest import ORIGIN, ALog, Clock, request


def seen(witness: Witness, log: ALog, size: int) -> Answer:
    answer = witness.add_checkpoint(log.request(0, size))
    assert answer.status == 200, answer
    return answer


def test_a_first_head_is_cosigned_with_the_time_of_the_witness(
    witness: Witness, log: ALog, clock: Clock
) -> None:
    answer = seen(witness, log, 5)
    assert answer.body.startswith("— w.example/1 ")
    assert answer.body.endswith("\n")
    assert cosigned_at(answer.body, log.note(5), Verifier(witness.vkey)) == clock.now


@pytest.mark.parametrize(("old", "size"), [(1, 2), (5, 5), (5, 8), (8, 600), (256, 511), (0, 0)])
def test_a_head_that_continues_the_last_one_is_cosigned(
    witness: Witness, log: ALog, old: int, size: int
) -> None:
    seen(witness, log, old)
    assert witness.add_checkpoint(log.request(old, size)).status == 200


@pytest.mark.parametrize("told", [0, 4, 6])
def test_another_size_than_was_seen_is_a_conflict_that_says_which(
    witness: Witness, log: ALog, told: int
) -> None:
    seen(witness, log, 5)
    answer = witness.add_checkpoint(log.request(told, 9))
    assert answer == Answer(409, "text/x.tlog.size", "5\n")


def test_what_was_never_seen_has_size_zero(witness: Witness, log: ALog) -> None:
    answer = witness.add_checkpoint(log.request(3, 9))
    assert answer == Answer(409, "text/x.tlog.size", "0\n")


def test_an_older_head_is_refused_whatever_is_told(witness: Witness, log: ALog) -> None:
    seen(witness, log, 9)
    assert witness.add_checkpoint(log.request(9, 5)).status == 400
    assert witness.add_checkpoint(log.request(5, 5)).status == 409
    assert witness.add_checkpoint(log.request(0, 5)).status == 409
    assert "\n9\n" in str(witness.latest(ORIGIN))


def test_another_story_is_refused(witness: Witness, log: ALog, key: LogKey) -> None:
    seen(witness, log, 9)
    other = ALog(key, salt="x")
    assert witness.add_checkpoint(other.request(9, 9)).status == 422, "another root, same size"
    assert witness.add_checkpoint(other.request(9, 12)).status == 422
    mixed = request(9, log.proof(9, 12), other.note(12))
    assert witness.add_checkpoint(mixed).status == 422
    assert witness.add_checkpoint(log.request(9, 12)).status == 200


@pytest.mark.parametrize("change", ["none", "short", "long", "swapped"])
def test_a_proof_must_hold(witness: Witness, log: ALog, change: str) -> None:
    seen(witness, log, 300)
    proof = log.proof(300, 500)
    wrong = {
        "none": [],
        "short": proof[:-1],
        "long": [*proof, proof[0]],
        "swapped": [proof[1], proof[0], *proof[2:]],
    }[change]
    assert witness.add_checkpoint(request(300, wrong, log.note(500))).status == 422


def test_from_nothing_there_is_no_proof(witness: Witness, log: ALog) -> None:
    body = request(0, [log.leaves[0]], log.note(5))
    assert witness.add_checkpoint(body).status == 422
    assert witness.latest(ORIGIN) is None


def test_an_empty_log_has_the_root_of_nothing(witness: Witness, log: ALog) -> None:
    assert witness.add_checkpoint(request(0, [], log.note(0, root=b"\1" * 32))).status == 422
    assert witness.add_checkpoint(request(0, [], log.note(0, root=EMPTY_ROOT))).status == 200
    assert witness.add_checkpoint(log.request(0, 7)).status == 200


def test_an_unknown_log_is_not_found_and_an_unknown_key_forbidden(
    witness: Witness, log: ALog
) -> None:
    elsewhere = request(0, [], log.note(5, origin="other.example/audit"))
    assert witness.add_checkpoint(elsewhere).status == 404
    stranger = ALog(LogKey.generate(ORIGIN))
    assert witness.add_checkpoint(stranger.request(0, 5)).status == 403


def test_a_known_key_must_have_signed_these_very_bytes(witness: Witness, log: ALog) -> None:
    _, _, line = log.note(6).partition("\n\n")
    forged = f"{Checkpoint(ORIGIN, 5, log.root(5)).body()}\n{line}"
    assert witness.add_checkpoint(request(0, [], forged)).status == 403


def test_one_of_two_known_keys_is_enough_and_strangers_are_left_out(
    store: Path, log: ALog, key: LogKey
) -> None:
    second, stranger = LogKey.generate(ORIGIN), LogKey.generate("who.example")
    witness = Witness(
        store, WitnessKey.generate("w.example/1"), {ORIGIN: [second.vkey, key.vkey]}, lambda: 7
    )
    head = Checkpoint(ORIGIN, 5, log.root(5))
    note = f"{log.note(5)}{stranger.sign(head)}\n"
    assert witness.add_checkpoint(request(0, [], note)).status == 200
    kept = parse_note(str(witness.latest(ORIGIN)))
    assert [one.name for one in kept.signatures] == [ORIGIN, "w.example/1"]
    for verifier, found in zip((key.vkey, witness.vkey), kept.signatures, strict=True):
        Verifier(verifier).verify(kept.text, found)
    witness.close()


def malformed(log: ALog) -> dict[str, bytes]:
    good = log.request(1, 5)
    hash_line = base64.b64encode(b"\0" * 32)
    many = b"".join([hash_line + b"\n"] * 64)
    return {
        "nothing": b"",
        "no old": good.replace(b"old 1", b"new 1"),
        "sign": good.replace(b"old 1", b"old +1"),
        "leading zero": good.replace(b"old 1", b"old 01"),
        "two spaces": good.replace(b"old 1", b"old  1"),
        "CR": good.replace(b"\n", b"\r\n"),
        "no empty line": good.replace(b"\n\n", b"\n"),
        "64 lines": request(1, [], log.note(5)).replace(b"old 1\n", b"old 1\n" + many),
        "a short hash": request(1, [b"\0" * 31], log.note(5)),
        "no base64": good.replace(b"old 1\n", b"old 1\n?\n"),
        "stray bits": request(1, [], log.note(5)).replace(
            b"old 1\n", b"old 1\n" + hash_line[:-2] + b"B=\n"
        ),
        "not UTF-8": good + b"\xff",
        "too long": good + b"\n" * MAX_BODY,
        "no signature": request(1, [], log.note(5).partition("\n\n")[0] + "\n"),
        "too large a log": request(0, [], log.note(5).replace("\n5\n", f"\n{2**63}\n")),
        "a short root": request(0, [], log.note(5, root=b"\1" * 31)),
        "signed twice": request(0, [], log.note(5) + log.note(5).partition("\n\n")[2]),
    }


def test_what_is_malformed_is_a_bad_request(witness: Witness, log: ALog) -> None:
    statuses = {name: witness.add_checkpoint(body).status for name, body in malformed(log).items()}
    # A well-formed proof of 63 lines gets as far as the comparison of sizes.
    longest = request(1, [b"\0" * 32] * 63, log.note(5))
    assert {name: one for name, one in statuses.items() if one != 400} == {}
    assert witness.add_checkpoint(longest).status == 409


def test_it_remembers_across_a_restart(
    witness: Witness, store: Path, log: ALog, key: LogKey
) -> None:
    seen(witness, log, 9)
    witness.close()
    again = Witness(store, WitnessKey.generate("w.example/1"), {ORIGIN: [key.vkey]}, lambda: 1)
    assert again.add_checkpoint(log.request(0, 5)).body == "9\n"
    assert "\n9\n" in str(again.latest(ORIGIN))
    again.close()


def test_its_store_itself_refuses_to_shrink_or_forget(
    witness: Witness, store: Path, log: ALog
) -> None:
    seen(witness, log, 9)
    with sqlite3.connect(store) as other:
        for statement in ("UPDATE head SET size = 8", "UPDATE head SET root = x'00'"):
            with pytest.raises(sqlite3.IntegrityError, match="a head only grows"):
                other.execute(statement)
        with pytest.raises(sqlite3.IntegrityError, match="never forgotten"):
            other.execute("DELETE FROM head")
    other.close()


def test_it_is_durable_before_it_answers(witness: Witness) -> None:
    assert witness._store.execute("PRAGMA synchronous").fetchone() == (3,)
    assert witness._store.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_of_many_at_once_one_moves_the_head(store: Path, log: ALog, key: LogKey) -> None:
    """Two witnesses on one store and eight threads: the old size is compared and set."""
    mine = WitnessKey.generate("w.example/1")
    both = [Witness(store, mine, {ORIGIN: [key.vkey]}, lambda: 1) for _ in range(2)]
    seen(both[0], log, 1)
    bodies = [log.request(1, size) for size in range(2, 34)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda pair: both[pair[0] % 2].add_checkpoint(pair[1]), enumerate(bodies))
        )
    assert sorted({one.status for one in answers}) == [200, 409]
    (won,) = [number for number, one in enumerate(answers) if one.status == 200]
    assert f"\n{won + 2}\n" in str(both[0].latest(ORIGIN))
    for witness in both:
        witness.close()


def test_a_key_of_a_cosigner_is_no_log(store: Path) -> None:
    key = WitnessKey.generate("w.example/1")
    with pytest.raises(NoteError, match="watches logs"):
        Witness(store, key, {ORIGIN: [key.vkey]}, lambda: 1)


def test_a_clock_that_steps_back_states_no_earlier_time(
    witness: Witness, log: ALog, clock: Clock
) -> None:
    seen(witness, log, 5)
    stated = clock.now
    clock.now -= 30
    answer = witness.add_checkpoint(log.request(5, 8))
    assert cosigned_at(answer.body, log.note(8), Verifier(witness.vkey)) == stated
    clock.now -= 40
    assert witness.add_checkpoint(log.request(8, 9)).status == 503
    clock.now = stated + 1
    assert witness.add_checkpoint(log.request(8, 9)).status == 200


def test_a_false_signature_of_a_known_key_is_refused_beside_a_good_one(
    tmp_path: Path, log: ALog, key: LogKey, clock: Clock
) -> None:
    second = LogKey.generate(ORIGIN)
    both = Witness(
        tmp_path / "both.db", WitnessKey.generate("w.example/2"),
        {ORIGIN: [key.vkey, second.vkey]}, lambda: clock.now,
    )  # fmt: skip
    false = second.sign(Checkpoint(ORIGIN, 4, EMPTY_ROOT))
    assert both.add_checkpoint(log.request(0, 5) + f"{false}\n".encode()).status == 403
    both.close()


def test_a_store_that_does_not_answer_is_said(witness: Witness, log: ALog) -> None:
    witness._store.close()
    assert witness.add_checkpoint(log.request(0, 5)).status == 503
