"""Ways to falsify a log or its export, each with what a verifier must answer.

A ``Case`` alters a log of 600 entries (heads each 50 and at the end, all witnessed) before
it is written, or the written export, and says the exit code, the first bad entry, and what
the auditor holds besides. ``rng`` picks the positions.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from random import Random

from governance.tlog.export import Entry, Writer
from governance.tlog.tiles import entries_path, index_path, pack_entries, unpack_entries
from governance.tlog.tree import leaf_hash
from tests.builders.tlog import BEGAN, Log, a_log_key, a_witness_key, sealed

SIZE, EVERY = 600, 50


@dataclass
class Case:
    """A log being falsified: what is on disk, what was honest, and what to expect."""

    log: Log
    place: Path
    rng: Random
    arguments: list[str] = field(default_factory=list)

    def position(self, low: int = 0, high: int = SIZE) -> int:
        return self.rng.randrange(low, high)

    def path(self, name: str) -> Path:
        return self.place / name

    def hold(self, note: str) -> None:
        """Let the auditor hold ``note`` from before."""
        path = self.place.parent / f"prior-{len(self.arguments)}"
        path.write_text(note)
        self.arguments += ["--prior", str(path)]

    def change_entries(self, alter: Callable[[list[Entry]], None]) -> None:
        """Rewrite entries, bodies and tiles; the signed heads stay as they were."""
        entries = list(self.log.entries)
        alter(entries)
        self.log.entries = [replace(one, seq=seq) for seq, one in enumerate(entries)]
        rewrite(self.log, self.place)

    def change_bundle(self, n: int, alter: Callable[[list[bytes]], None]) -> None:
        """Rewrite one bundle of entries and nothing else."""
        width = min(256, SIZE - n * 256)
        path = self.path(entries_path(n, width))
        entries = unpack_entries(path.read_bytes(), width)
        alter(entries)
        path.write_bytes(pack_entries(entries))

    def change_line(self, seq: int, line: str) -> None:
        """Replace the line of one body."""
        path = self.path(f"bodies/{index_path(seq // 256)}.jsonl")
        lines = path.read_text().splitlines(keepends=True)
        lines[seq % 256] = line
        path.write_text("".join(lines))

    def reseal(self, since: int) -> None:
        """Sign all heads above ``since`` again with the stolen key of the log; no witness does."""
        for size in list(self.log.notes):
            if size > since:
                self.log.notes.pop(size)
                if size <= self.log.size:
                    self.log.head(size)
        if self.log.size not in self.log.notes:
            self.log.head()
        wipe(self.place)
        self.log.export(self.place)


def wipe(place: Path) -> None:
    """Empty an export."""
    for path in sorted(place.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def rewrite(log: Log, place: Path) -> None:
    """Write the export of a log whose signed heads do not fit its entries."""
    wipe(place)
    writer = Writer(place)
    for entry in log.entries:
        writer.add(entry)
    final = log.notes.get(log.size, log.notes[max(log.notes)])
    notes = {size: note for size, note in log.notes.items() if size != max(log.notes)}
    writer.close([*sorted(notes.items()), (log.size, final)])
    for size, note in log.notes.items():
        if size > log.size and size != max(log.notes):
            (place / f"checkpoints/{size}").write_text(note)
    (place / "checkpoint").write_text(log.notes[max(log.notes)])


def begun(index: int) -> int:
    """Return the size of the last honest head at or below an entry."""
    return index // EVERY * EVERY


def edited(entry: Entry, **over: object) -> Entry:
    """Return an entry that says something else, in a form as good as before."""
    facts = json.loads(entry.leaf_data)
    facts |= {"actor": "user:somebody-else", **over}
    pairs = [f"{json.dumps(k)} : {json.dumps(v)}" for k, v in facts.items()]
    return replace(entry, leaf_data=("{" + ", ".join(pairs) + "}").encode())


Outcome = tuple[int, int | None]
Tampering = Callable[[Case], Outcome]
KINDS: dict[str, Tampering] = {}


def kind(function: Tampering) -> Tampering:
    KINDS[function.__name__.replace("_", " ")] = function
    return function


@kind
def an_entry_edited_in_its_bundle(case: Case) -> Outcome:
    at = case.position()
    case.change_bundle(
        at // 256, lambda rows: rows.__setitem__(at % 256, edited(case.log.entries[at]).leaf_data)
    )
    return 1, at


@kind
def one_bit_of_an_entry_flipped(case: Case) -> Outcome:
    at = case.position()

    def flip(rows: list[bytes]) -> None:
        row = bytearray(rows[at % 256])
        row[case.rng.randrange(len(row))] ^= 1 << case.rng.randrange(8)
        rows[at % 256] = bytes(row)

    case.change_bundle(at // 256, flip)
    return 1, at


@kind
def an_entry_edited_and_all_hashes_recomputed(case: Case) -> Outcome:
    at = case.position()
    case.change_entries(lambda rows: rows.__setitem__(at, edited(rows[at])))
    return 1, begun(at)


@kind
def an_entry_deleted_from_its_bundle(case: Case) -> Outcome:
    at = case.position()

    def delete(rows: list[bytes]) -> None:
        del rows[at % 256]

    case.change_bundle(at // 256, delete)
    return 1, at


@kind
def an_entry_deleted_and_all_hashes_recomputed(case: Case) -> Outcome:
    at = case.position(0, SIZE - 1)
    case.change_entries(lambda rows: rows.__delitem__(at))
    # Above the last head but one nothing tells which entry it was, only that one is missing.
    return 1, begun(at) if at < 550 else SIZE - 1


@kind
def an_entry_inserted_and_all_hashes_recomputed(case: Case) -> Outcome:
    at = case.position()
    forged = Entry(0, sealed(999_999, at=BEGAN + timedelta(seconds=at)), bytes(32), "{}")
    case.change_entries(lambda rows: rows.insert(at, forged))
    return 1, begun(at)


@kind
def two_entries_exchanged_in_their_bundle(case: Case) -> Outcome:
    at = case.position(0, 255)

    def swap(rows: list[bytes]) -> None:
        rows[at], rows[at + 1] = rows[at + 1], rows[at]

    case.change_bundle(0, swap)
    return 1, at


@kind
def two_entries_exchanged_and_all_hashes_recomputed(case: Case) -> Outcome:
    at = case.position(0, SIZE - 1)

    def swap(rows: list[Entry]) -> None:
        rows[at], rows[at + 1] = rows[at + 1], rows[at]

    case.change_entries(swap)
    return 1, begun(at)


@kind
def two_tiles_exchanged(case: Case) -> Outcome:
    one, other = case.path("tile/0/000"), case.path("tile/0/001")
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)
    return 1, 0


@kind
def two_bundles_exchanged(case: Case) -> Outcome:
    one, other = case.path("tile/entries/000"), case.path("tile/entries/001")
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)
    return 1, 0


@kind
def a_hash_in_a_tile_altered(case: Case) -> Outcome:
    at = case.position(0, 256)
    path = case.path("tile/0/001")
    data = bytearray(path.read_bytes())
    data[at * 32 + case.rng.randrange(32)] ^= 1
    path.write_bytes(bytes(data))
    return 1, 256 + at


@kind
def a_tile_of_the_next_level_altered(case: Case) -> Outcome:
    path = case.path("tile/1/000.p/2")
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(bytes(data))
    return 1, 256


@kind
def bytes_after_a_tile(case: Case) -> Outcome:
    path = case.path("tile/0/000")
    path.write_bytes(path.read_bytes() + b"\0")
    return 1, 255


@kind
def a_bundle_cut_off(case: Case) -> Outcome:
    path = case.path("tile/entries/001")
    path.write_bytes(path.read_bytes()[:-1])
    return 1, 511


@kind
def a_bundle_extended_by_an_entry(case: Case) -> Outcome:
    path = case.path("tile/entries/000")
    path.write_bytes(path.read_bytes() + pack_entries([b"more"]))
    return 1, 256


@kind
def the_tail_cut_off_with_all_files_but_the_head(case: Case) -> Outcome:
    case.log.entries = case.log.entries[: SIZE - 30]
    rewrite(case.log, case.place)
    return 1, SIZE - 30


@kind
def the_tail_cut_off_and_an_old_head_put_back(case: Case) -> Outcome:
    case.hold(case.log.notes[SIZE])
    case.log.notes = {size: note for size, note in case.log.notes.items() if size <= 500}
    wipe(case.place)
    case.log.export(case.place)
    return 1, 500


@kind
def an_old_head_put_back_over_all_files(case: Case) -> Outcome:
    case.path("checkpoint").write_text(case.log.notes[500])
    case.path("checkpoints/500").unlink()
    return 1, 500


@kind
def a_head_signed_by_a_stranger(case: Case) -> Outcome:
    stranger = a_log_key(seed=77)
    honest, case.log.key = case.log.key, stranger
    case.path("checkpoints/250").write_text(case.log.head(250, cosigned=True))
    case.log.key = honest
    return 1, 200


@kind
def a_head_with_another_root_and_the_old_signature(case: Case) -> Outcome:
    note = case.log.notes[250].splitlines()
    note[2] = case.log.notes[200].splitlines()[2]
    case.path("checkpoints/250").write_text("\n".join(note) + "\n")
    return 1, 200


@kind
def a_head_under_the_name_of_another(case: Case) -> Outcome:
    case.path("checkpoints/250").write_text(case.log.notes[300])
    return 1, 200


@kind
def a_cosignature_of_another_head(case: Case) -> Outcome:
    lines = case.log.notes[250].splitlines()
    lines[-1] = case.log.notes[200].splitlines()[-1]
    case.path("checkpoints/250").write_text("\n".join(lines) + "\n")
    return 1, 200


@kind
def edited_and_sealed_again_with_the_stolen_key(case: Case) -> Outcome:
    """Nothing inside shows it: the tail above the last witnessed head is unproven."""
    at = case.position(100)
    case.log.entries[at] = edited(case.log.entries[at])
    case.reseal(begun(at))
    return 2, None


@kind
def sealed_again_though_the_auditor_holds_a_head(case: Case) -> Outcome:
    at = case.position(100, 550)
    case.hold(case.log.notes[550])
    case.log.entries[at] = edited(case.log.entries[at])
    case.reseal(begun(at))
    return 1, begun(at) if begun(at) < 550 else 500


@kind
def cut_and_sealed_again_with_the_stolen_key(case: Case) -> Outcome:
    case.hold(case.log.notes[SIZE])
    case.log.entries = case.log.entries[:333]
    case.reseal(300)
    return 1, 333


@kind
def a_split_view_for_one_auditor(case: Case) -> Outcome:
    """The log signs two heads of one size; each side looks sound by itself."""
    other = Log.of(450)
    other.entries[420] = edited(other.entries[420])
    case.hold(other.head(450, cosigned=True))
    return 1, 400


@kind
def an_entry_dated_back_behind_a_witness(case: Case) -> Outcome:
    log = Log()
    log.grow(100)
    log.head(cosigned=True, at=BEGAN + timedelta(hours=5))
    log.append(at=BEGAN + timedelta(hours=5, minutes=1))
    log.append(at=BEGAN + timedelta(hours=3))
    log.head(cosigned=True, at=BEGAN + timedelta(hours=5, minutes=2))
    wipe(case.place)
    log.export(case.place)
    return 1, 101


@kind
def an_entry_dated_after_it_was_witnessed(case: Case) -> Outcome:
    log = Log()
    log.grow(70, every=1000)
    log.append(at=log.now + timedelta(minutes=2))
    log.grow(10, every=1000)
    log.head(cosigned=True)
    wipe(case.place)
    log.export(case.place)
    return 1, 70


@kind
def a_witness_whose_clock_ran_back(case: Case) -> Outcome:
    log = Log()
    log.grow(40, every=1000)
    log.head(cosigned=True, at=BEGAN + timedelta(minutes=9))
    log.grow(10, every=1000)
    log.head(cosigned=True, at=BEGAN + timedelta(minutes=8))
    wipe(case.place)
    log.export(case.place)
    return 1, 40


@kind
def an_event_logged_twice(case: Case) -> Outcome:
    log = Log()
    log.grow(90)
    log.append(key=1001 + 30)
    log.grow(10)
    log.head(cosigned=True)
    wipe(case.place)
    log.export(case.place)
    return 1, 90


@kind
def a_body_edited(case: Case) -> Outcome:
    at = case.position()
    entry = case.log.entries[at]
    line = json.dumps({"seq": at, "salt": (entry.salt or b"").hex(), "body": '{"reason": "no"}'})
    case.change_line(at, line + "\n")
    return 1, at


@kind
def a_salt_edited(case: Case) -> Outcome:
    at = case.position()
    facts = {"seq": at, "salt": bytes(32).hex(), "body": case.log.entries[at].body}
    case.change_line(at, json.dumps(facts) + "\n")
    return 1, at


@kind
def a_body_of_another_entry(case: Case) -> Outcome:
    at = case.position(0, 255)
    lines = case.path("bodies/000.jsonl").read_text().splitlines(keepends=True)
    case.change_line(at, lines[at + 1])
    return 1, at


@kind
def a_body_gone_without_erasure(case: Case) -> Outcome:
    at = case.position()
    case.change_line(at, f'{{"seq": {at}, "salt": null, "body": null}}\n')
    return 1, at


@kind
def a_body_erased_before_it_was_written(case: Case) -> Outcome:
    log = Log()
    log.grow(20)
    log.append(act="audit:body:erase", ref=f"governance.auditevent:{1001 + 25}")
    log.grow(10)
    log.erase(25, is_recorded=False)
    log.head(cosigned=True)
    wipe(case.place)
    log.export(case.place)
    return 1, 25


@kind
def a_line_of_a_body_with_a_key_twice(case: Case) -> Outcome:
    at = case.position()
    entry = case.log.entries[at]
    facts = json.dumps({"seq": at, "salt": (entry.salt or b"").hex(), "body": entry.body})
    case.change_line(at, facts[:-1] + ', "body": "{}"}\n')
    return 1, at


@kind
def the_last_line_of_bodies_removed(case: Case) -> Outcome:
    path = case.path("bodies/001.jsonl")
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    return 1, 511


@kind
def a_line_added_to_bodies(case: Case) -> Outcome:
    with case.path("bodies/000.jsonl").open("a") as file:
        file.write('{"seq": 256, "salt": null, "body": null}\n')
    return 1, 256


@kind
def an_entry_that_is_not_strict_json(case: Case) -> Outcome:
    log = Log()
    log.grow(60)
    data = log.entries[3].leaf_data
    bad = case.rng.choice(
        [
            data[:-1] + b', "actor" : "user:2"}',
            data.replace(b'"v" : 1', b'"v" : NaN'),
            data.replace(b'"v" : 1', b'"v" : 2'),
            data + b" ",
            data.replace(b"user:", b"user:\xff"),
            data.replace(b'"id" : ', b'"id" : 0'),
            data.replace(b"{", b"{ "),
            b"",
            b"[]",
            data.replace(b".000000Z", b"Z"),
        ]
    )
    log.entries.append(Entry(60, bad, bytes(32), "{}"))
    log.head(cosigned=True)
    wipe(case.place)
    log.export(case.place)
    return 1, 60


@kind
def a_missing_bundle(case: Case) -> Outcome:
    case.path("tile/entries/001").unlink()
    return 2, 256


@kind
def a_missing_tile(case: Case) -> Outcome:
    case.path("tile/0/001").unlink()
    return 2, 256


@kind
def a_missing_file_of_bodies(case: Case) -> Outcome:
    case.path("bodies/001.jsonl").unlink()
    return 2, 256


@kind
def a_missing_bundle_and_an_edited_entry_behind_it(case: Case) -> Outcome:
    case.path("tile/entries/000").unlink()
    at = case.position(256)
    row = edited(case.log.entries[at]).leaf_data
    case.change_bundle(at // 256, lambda rows: rows.__setitem__(at % 256, row))
    return 1, at


@kind
def a_missing_bundle_and_all_hashes_behind_it_recomputed(case: Case) -> Outcome:
    at = case.position(256)
    case.change_entries(lambda rows: rows.__setitem__(at, edited(rows[at])))
    case.path("tile/entries/000").unlink()
    return 1, begun(at)


@kind
def a_missing_bundle_whose_hashes_are_forged(case: Case) -> Outcome:
    """The entry itself cannot be seen, but its hash is not the one that was signed."""
    at = case.position(0, 256)
    case.change_entries(lambda rows: rows.__setitem__(at, edited(rows[at])))
    case.path("tile/entries/000").unlink()
    return 1, begun(at)


@kind
def a_missing_bundle_with_its_hashes_and_an_edited_entry_behind_it(case: Case) -> Outcome:
    case.path("tile/entries/000").unlink()
    case.path("tile/0/000").unlink()
    at = case.position(256)
    row = edited(case.log.entries[at]).leaf_data
    case.change_bundle(at // 256, lambda rows: rows.__setitem__(at % 256, row))
    return 1, at


@kind
def a_missing_bundle_with_its_hashes(case: Case) -> Outcome:
    case.path("tile/entries/001").unlink()
    case.path("tile/0/001").unlink()
    return 2, 256


@kind
def a_missing_bundle_and_a_body_gone_behind_it(case: Case) -> Outcome:
    case.path("tile/entries/000").unlink()
    at = case.position(256)
    case.change_line(at, f'{{"seq": {at}, "salt": null, "body": null}}\n')
    return 1, at


@kind
def a_missing_bundle_that_may_hold_the_erasure(case: Case) -> Outcome:
    case.log.erase(20)
    case.log.head(cosigned=True)
    wipe(case.place)
    case.log.export(case.place)
    case.path("tile/entries/002.p/89").unlink()
    return 2, 512


@kind
def a_body_whose_erasure_was_refused(case: Case) -> Outcome:
    log = Log()
    log.grow(30)
    at = case.position(0, 30)
    log.erase(at, is_recorded=False)
    for outcome in ("denied", "refused", "error"):
        ref = f"governance.auditevent:{1001 + at}"
        log.append(act="audit:body:erase", ref=ref, outcome=outcome)
    log.head(cosigned=True)
    wipe(case.place)
    log.export(case.place)
    return 1, at


@kind
def a_line_of_a_body_blank(case: Case) -> Outcome:
    at = case.position()
    case.change_line(at, "\n")
    return 1, at


@kind
def a_missing_tile_and_an_edited_entry(case: Case) -> Outcome:
    """Tampering wins over incompleteness."""
    case.path("tile/0/000").unlink()
    at = case.position(300, 500)
    case.change_bundle(1, lambda rows: rows.__setitem__(at - 256, b"{}"))
    return 1, at


@kind
def an_unwitnessed_tail(case: Case) -> Outcome:
    wipe(case.place)
    Log.of(SIZE, tail=40).export(case.place)
    return 2, SIZE - 40


@kind
def a_short_quorum(case: Case) -> Outcome:
    second = a_witness_key("second.example", seed=102)
    case.arguments += ["--witness", second.vkey, "--quorum", "2"]
    return 2, 0


@kind
def an_empty_log_with_a_root(case: Case) -> Outcome:
    log = Log()
    log.head(0, cosigned=True)
    fake = Log()
    fake.root = lambda size: leaf_hash(b"")  # type: ignore[method-assign]
    wipe(case.place)
    log.export(case.place)
    case.path("checkpoint").write_text(fake.head(0, cosigned=True))
    return 1, 0


@kind
def a_receipt_of_another_entry(case: Case) -> Outcome:
    """A proof made for a log in which another entry stood there."""
    path = case.place.parent / "receipt.tlog-proof"
    path.write_text(f"c2sp.org/tlog-proof@v1\nindex 0\n{'A' * 43}=\n\n{case.log.notes[50]}")
    case.arguments += ["--proof", str(path)]
    return 1, 0
