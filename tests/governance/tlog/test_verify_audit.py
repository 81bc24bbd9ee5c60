import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from governance.tlog import verify_audit
from governance.tlog.notes import Checkpoint
from governance.tlog.proofs import Proof, format_proof
from governance.tlog.tree import inclusion_proof, leaf_hash
from tests.builders.tampering import KINDS, SIZE, Case
from tests.builders.tlog import BEGAN, ORIGIN, Log, a_log_key, a_witness_key, sealed, stamp
from tests.governance.tlog.test_tree import naive

SOURCE = Path(verify_audit.__file__)


def verify(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    code = verify_audit.main([*arguments, "--json"])
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    assert said["exit"] == code
    return said


@pytest.fixture(scope="module")
def honest() -> Log:
    return Log.of(SIZE)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", list(KINDS))
def test_a_tampering_is_found_where_it_begins(
    name: str,
    seed: int,
    honest: Log,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = Log()
    log.entries, log.notes = list(honest.entries), dict(honest.notes)
    case = Case(log, log.export(tmp_path / "export"), Random(f"{name} {seed}"))
    code, index = KINDS[name](case)
    said = verify([*honest.arguments(case.place), *case.arguments], capsys)
    assert said["exit"] == code, said
    if index is not None:
        assert said["index" if code == 1 else "incomplete_from"] == index, said


def test_there_are_many_kinds_of_tampering() -> None:
    assert len(KINDS) >= 40


@pytest.mark.parametrize(
    "size", [0, 1, 2, 3, 7, 8, 49, 50, 51, 255, 256, 257, 300, 511, 512, 513, 599, 600]
)
def test_a_clean_log_is_verified(
    size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log()
    log.grow(size, every=37)
    note = log.head(cosigned=True)
    said = verify(log.arguments(log.export(tmp_path / "export")), capsys)
    assert said["exit"] == 0, said
    assert said["size"] == said["witnessed_size"] == size
    assert said["root"] == log.root(size).hex()
    assert said["heads"] == len(log.notes)
    assert said["first_event"] == (stamp(BEGAN) if size else "")
    assert said["last_event"] == (stamp(BEGAN + timedelta(seconds=size - 1)) if size else "")
    assert note


def test_clean_logs_with_erasures_odd_text_and_slow_transactions_raise_no_alarm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = Random(7)
    for number in range(25):
        log = Log()
        for _ in range(rng.randrange(1, 300)):
            step = rng.random()
            if step < 0.05 and log.size:
                log.erase(rng.randrange(log.size))
            elif step < 0.2:
                log.append('{"name": "Ünïcødé \u2028 \\u0000 🦉 \\"q\\""}', scope='a "b" \\ é')
            else:
                log.append(request_id=f"r\t{rng.random()}", body="")
            if rng.random() < 0.1:
                log.head(cosigned=rng.random() < 0.7)
        log.head(cosigned=True)
        said = verify(log.arguments(log.export(tmp_path / str(number))), capsys)
        assert said["exit"] == 0, said


def test_rotated_keys_sign_their_sizes_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log()
    log.grow(100)
    log.key = a_log_key(seed=2)
    log.grow(100)
    place = log.export(tmp_path / "export")
    start = [str(place), "--origin", ORIGIN, "--witness", log.witness.vkey]
    old, new = a_log_key().vkey, log.key.vkey
    spans = ["--vkey", f"{old}@0-100", "--vkey", f"{new}@101-"]
    assert verify([*start, *spans], capsys)["exit"] == 0
    said = verify([*start, "--vkey", f"{old}@0-99", "--vkey", f"{new}@101-"], capsys)
    assert (said["exit"], said["index"], said["rule"]) == (1, 50, "checkpoint")
    assert verify([*start, "--vkey", new], capsys)["index"] == 0


def test_a_quorum_is_told_with_its_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, second = Log.of(60), a_witness_key("second.example", seed=102)
    checkpoint = Checkpoint(ORIGIN, 60, log.root(60))
    log.notes[60] += second.cosign(checkpoint.body(), int(BEGAN.timestamp()) + 90) + "\n"
    arguments = [*log.arguments(log.export(tmp_path / "export")), second.vkey, "--quorum", "2"]
    said = verify(arguments, capsys)
    assert said["exit"] == 0
    assert said["witnessed_at"] == {
        "witness.example": "2026-11-17T09:01:00.000000Z",
        "second.example": "2026-11-17T09:01:30.000000Z",
    }


def test_a_receipt_and_a_prior_head_are_compared(
    honest: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = honest.export(tmp_path / "export")
    leaves = [leaf_hash(one.leaf_data) for one in honest]

    def node(level: int, at: int) -> bytes:
        return naive(leaves[at << level : (at + 1) << level])

    for index, size in ((0, 50), (333, 600), (599, 600), (49, 50), (255, 300)):
        hashes = tuple(inclusion_proof(index, size, node))
        receipt = tmp_path / f"{index}.tlog-proof"
        receipt.write_text(format_proof(Proof(index, hashes, honest.notes[size], b"x")))
        prior = tmp_path / "prior"
        prior.write_text(honest.notes[size])
        extra = ["--proof", str(receipt), "--prior", str(prior)]
        assert verify([*honest.arguments(place), *extra], capsys)["exit"] == 0
    other = Log.of(650)
    newer = tmp_path / "newer"
    newer.write_text(other.notes[650])
    said = verify([*honest.arguments(place), "--prior", str(newer)], capsys)
    assert (said["exit"], said["index"]) == (1, 600)
    assert "50 of the 650 entries" in str(said["detail"])


def test_wrong_usage_and_unreadable_input_end_with_3(
    honest: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = honest.export(tmp_path / "export")
    good = honest.arguments(place)
    stranger = tmp_path / "stranger"
    other = Log(key=a_log_key(seed=50))
    other.grow(3)
    stranger.write_text(other.head())
    key, witness = honest.key.vkey, honest.witness.vkey
    for bad in (
        [str(tmp_path / "nowhere"), *good[1:]],
        [*good, "--quorum", "0"],
        [*good, "--quorum", "2"],
        [*good, "--prior", str(tmp_path / "nowhere")],
        [*good, "--prior", str(stranger)],
        [*good, "--proof", str(SOURCE)],
        [*good[:2], "another.example/log", *good[3:]],
        [*good[:4], witness, *good[5:]],
        [*good[:6], key],
        [*good[:4], key.replace("+", "-"), *good[5:]],
        [*good[:4], key[:-2] + "==", *good[5:]],
    ):
        assert verify(bad, capsys)["exit"] == 3, bad
    assert verify_audit.main(good[:3]) == 3
    assert verify_audit.main([*good, "--unknown"]) == 3
    assert verify_audit.main(["--help"]) == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n600\n", "\n0600\n"),
        ("\n600\n", "\n+600\n"),
        ("\n600\n", "\n600 \n"),
        ("\n", "\r\n"),
        ("=\n\n", "=\n"),
        ("=\n\n", "=\n\n\n"),
        ("—", "-"),
        ("log.example/audit\n", "log.example/audit\t\n"),
    ],
)
def test_a_malformed_head_is_unreadable_as_the_last_and_tampering_before(
    before: str, after: str, honest: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = honest.export(tmp_path / "export")
    text = honest.notes[SIZE]
    (place / "checkpoint").write_bytes(text.replace(before, after).encode())
    assert verify(honest.arguments(place), capsys)["exit"] == 3
    (place / "checkpoint").write_text(text)
    inner = honest.notes[300].replace(before.replace("600", "300"), after.replace("600", "300"))
    (place / "checkpoints/300").write_bytes(inner.encode())
    said = verify(honest.arguments(place), capsys)
    assert (said["exit"], said["index"], said["rule"]) == (1, 250, "checkpoint")


def test_the_longest_entry_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log()
    log.append(request_id="x")
    room = 65_535 - len(log.entries[0].leaf_data) + 1
    log.append(request_id="x" * room)
    assert len(log.entries[1].leaf_data) == 65_535
    log.head(cosigned=True)
    assert verify(log.arguments(log.export(tmp_path / "export")), capsys)["exit"] == 0
    assert len(sealed(1, at=BEGAN)) < 500


def test_it_runs_alone_and_speaks_to_people(honest: Log, tmp_path: Path) -> None:
    place = honest.export(tmp_path / "export")
    copy = tmp_path / "verify_audit.py"
    copy.write_text(SOURCE.read_text())
    done = subprocess.run(
        [sys.executable, "-I", str(copy), *honest.arguments(place)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("VERIFIED\n")
    assert "  size: 600\n" in done.stdout


def test_it_imports_the_standard_library_alone() -> None:
    lines = SOURCE.read_text().splitlines()
    words = [line.split()[1].split(".")[0] for line in lines if line.startswith(("import", "from"))]
    assert set(words) <= set(sys.stdlib_module_names)


def test_one_key_under_two_names_is_no_quorum(
    honest: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = honest.export(tmp_path / "export")
    key = a_witness_key("another.example")
    said = verify([*honest.arguments(place), "--witness", key.vkey, "--quorum", "2"], capsys)
    assert said["exit"] == 3
    assert "twice" in str(said["detail"])


def test_it_is_short_enough_to_read() -> None:
    assert len(SOURCE.read_text().splitlines()) < 300
