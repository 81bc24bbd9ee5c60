"""Check an export of the audit log with nothing but this file and Python 3.11 or later.

Exit codes: 0 verified; 1 tampering, with the first bad entry and the rule that it breaks;
2 incomplete, with the size from which on; 3 wrong usage or unreadable. 1 wins over 2.
Formats: RFC 6962, RFC 8032, C2SP signed-note, tlog-checkpoint, -cosignature, -tiles, -proof.
"""

import argparse
import heapq
import json
import re
import sys
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256, sha512
from itertools import repeat, zip_longest
from json.decoder import scanstring  # type: ignore[attr-defined]
from operator import itemgetter
from pathlib import Path

NEVER, BLIND = 2**63, "no bodies"
Point = tuple[int, int, int, int]
SIZE = itemgetter(0)
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
BASE = b"\x58" + b"\x66" * 31
PROOF = re.compile(
    r"c2sp\.org/tlog-proof@v1\n(?:extra (\S*)\n)?index (\S+)\n((?:\S{44}\n){0,63})\n(.*)", re.DOTALL
).fullmatch
TEXT = r'"((?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*+)"'
# The one form in which PostgreSQL seals an entry; any other JSON is refused.
LEAF = re.compile(
    r'\{"v" : 1, "id" : ([1-9][0-9]{0,18}), "recorded_at" : "([0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z)"'
    rf', "occurred_at" : {TEXT}, "tenant" : {TEXT}, "scope" : {TEXT}, "actor" : {TEXT}, "act" : '
    rf'{TEXT}, "cause" : {TEXT}, "object" : {TEXT}, "request_id" : {TEXT}, "outcome" : {TEXT}'
    rf', "db_user" : {TEXT}, "body_sha256" : "([0-9a-f]{{64}})"\}}'
).fullmatch


def ready(x: int, y: int, z: int, t: int) -> Point:
    """Return a point of the curve as ``add`` wants its second one."""
    return (y - x) % P, (y + x) % P, 2 * D * t % P, 2 * z % P


def add(p: Point, q: Point) -> Point:
    """Add two points (RFC 8032 section 5.1.4)."""
    a, b, c, d = (
        (p[1] - p[0]) * q[0] % P,
        (p[1] + p[0]) * q[1] % P,
        p[3] * q[2] % P,
        p[2] * q[3] % P,
    )
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


@cache
def table(raw: bytes, is_negated: bool) -> list[list[Point]]:
    """Return, for 32 positions i, the point ``raw`` times d * 256**i of each byte d.

    ValueError: it is not canonical (RFC 8032 section 5.1.3), or of small order.
    """
    y = int.from_bytes(raw, "little")
    sign, y, rows = y >> 255, y & (1 << 255) - 1, []
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if v * x * x % P == u else x * ROOT % P
    if len(raw) != 32 or y >= P or v * x * x % P != u or not x:
        raise ValueError("not a point of the curve in its one form")
    x = P - x if (x & 1 != sign) != is_negated else x
    base = (x, y, 1, x * y % P)
    for _ in range(32):
        step, sums, row = ready(*base), base, [ready(0, 1, 1, 0)]
        for _ in range(255):
            row.append(ready(*sums))
            sums = add(sums, step)
        rows, base = [*rows, row], sums
    if rows[0][8][0] == rows[0][8][1]:  # eight times the point is the neutral one
        raise ValueError("a point of small order")
    return rows


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature holds: canonical, and without the cofactor."""
    scalar, sums = int.from_bytes(signature[32:], "little"), (0, 1, 1, 0)
    if len(signature) != 64 or scalar >= L:
        return False
    digest = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % L
    for rows, factor in ((table(BASE, False), scalar), (table(public, True), digest)):
        for row, digit in zip(rows, factor.to_bytes(32, "little"), strict=True):
            sums = add(sums, row[digit])
    inverse = pow(sums[2], -1, P)
    x, y = sums[0] * inverse % P, sums[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def unbase64(text: str) -> bytes:
    """Decode base64 in its one form; ValueError."""
    if b64encode(found := b64decode(text, validate=True)).decode() != text:
        raise ValueError("base64 with stray bits")
    return found


def number(text: str) -> int:
    """Read a size without sign or leading zeros; ValueError."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text):
        raise ValueError(f"not a number: {text[:30]!r}")
    return int(text)


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash above two (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def climb(row: Sequence[bytes], above: bytes | None = None) -> bytes | None:
    """Return the root over equal subtrees, with ``above`` as what follows to the right."""
    while row:
        if len(row) & 1:
            above = row[-1] if above is None else node(row[-1], above)
        flat = b"".join(row)
        row = [sha256(b"\x01" + flat[at : at + 64]).digest() for at in range(0, len(flat) - 63, 64)]
    return above


def up(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root to which an audit path leads (RFC 9162 section 2.1.3.1); it is used up."""
    if size == 1 or not path:
        return leaf if size == 1 and not path else b""
    split, last = 1 << (size - 1).bit_length() - 1, path.pop()
    if index < split:
        return node(up(leaf, index, split, path), last)
    return node(last, up(leaf, index - split, size - split, path))


def path_of(n: int, width: int) -> str:
    """Return the path of a tile: 1234067 is x001/x234/067."""
    digits = f"{n:0{len(str(n)) + 2 - (len(str(n)) - 1) % 3}}"
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return (
        "/x".join(["", *groups[:-1]])[1:]
        + "/" * (n > 999)
        + groups[-1]
        + f".p/{width}" * (width < 256)
    )


def body_digest(line: str, index: int) -> str:
    """Return the digest of a line of bodies, in its one form; empty if it is malformed."""
    prefix = f'{{"seq": {index}, "salt": "'
    start = len(prefix) + 64
    if not line.startswith(prefix) or not line.startswith('", "body": "', start):
        return ""
    try:
        salt, (body, end) = bytes.fromhex(line[start - 64 : start]), scanstring(line, start + 12)
        return sha256(salt + body.encode()).hexdigest() if line[end:] == "}\n" else ""
    except ValueError:
        return ""


def stamp(seconds: int) -> str:
    """Return a time as entries state it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Key:
    """A verifier key; that of a log may end in @from-until, the sizes that it signs."""

    def __init__(self, text: str, kind: int) -> None:
        parts = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([^@]+)(?:@([0-9]*)-([0-9]*))?", text)
        raw = unbase64(parts[3]) if parts else b"\x00"
        if not parts or raw[0] != kind or table(raw[1:], True) is None:
            raise ValueError(f"not a key of a {('witness', 'log')[kind == 1]}: {text}")
        self.name, self.id, self.public, self.is_log = parts[1], parts[2], raw[1:], kind == 1
        self.since, self.until = int(parts[4] or 0), int(parts[5] or NEVER)
        if sha256(f"{self.name}\n".encode() + raw).hexdigest()[:8] != self.id:
            raise ValueError(f"the id is not that of the key: {text}")


class Head:
    """A signed checkpoint, or the one in a .tlog-proof; ValueError."""

    def __init__(self, data: bytes, origin: str, source: str) -> None:
        whole, self.index, self.leaf, path = data.decode(), -1, b"", ""
        if proof := PROOF(whole):
            unbase64(proof[1] or "")
            self.index, path, whole = number(proof[2]), proof[3], proof[4]
        text, _, block = whole.rpartition("\n\n")
        lines, self.text, self.source = text.split("\n"), text + "\n", source
        if len(data) > 65536 or re.search("[\x00-\x09\x0b-\x1f\x7f]", whole) or block[-1:] != "\n":
            raise ValueError("no signed note, too long, or with control characters")
        if len(lines) < 3 or "" in lines or lines[0] != origin:
            raise ValueError(f"no checkpoint of {origin}")
        self.size, self.root, self.at = number(lines[1]), unbase64(lines[2]), 0
        self.path = [unbase64(line) for line in path.split()]
        if {32} != {*map(len, [self.root, *self.path])} or self.index >= self.size:
            raise ValueError("a root or path that is no SHA-256, or an index beyond the size")
        self.lines: dict[tuple[str, str], bytes] = {}
        self.times: dict[str, int] = {}
        for line in block[:-1].split("\n"):
            match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
            raw = unbase64(match[2]) if match else b""
            if not match or len(raw) < 5 or (match[1], raw[:4].hex()) in self.lines:
                raise ValueError("a malformed signature line, or a key twice")
            self.lines[match[1], raw[:4].hex()] = raw[4:]

    def check(self, keys: Sequence[Key], quorum: int) -> None:
        """Verify all lines of the keys; learn when the quorum had signed. ValueError."""
        known = [key for key in keys if (key.name, key.id) in self.lines]
        if not any(key.is_log and key.since <= self.size <= key.until for key in known):
            raise ValueError("not signed by a given key of the log that holds at its size")
        for key in known:
            raw, text = self.lines[key.name, key.id], self.text
            if not key.is_log:
                self.times[key.name] = when = int.from_bytes(raw[:8], "big")
                raw, text = raw[8:], f"cosignature/v1\ntime {when}\n{text}"
            if not holds(key.public, raw, text.encode()):
                raise ValueError(f"the signature of {key.name} does not hold")
        if max(self.times.values(), default=0) > 2**37:
            raise ValueError("cosigned in the far future")
        self.at = sorted(self.times.values())[quorum - 1] if len(self.times) >= quorum else 0


class Audit:
    """One pass over an export, entry by entry and signed head by signed head."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.place, self.origin, self.quorum = Path(args.dir), args.origin, args.quorum
        self.keys = [Key(one, 1) for one in args.vkey] + [Key(one, 4) for one in args.witness]
        if not 1 <= self.quorum <= len({key.name for key in self.keys if not key.is_log}):
            raise ValueError("the quorum is more than the witnesses, or none")
        files = [*args.prior, *args.proof]
        self.outside = [Head(Path(one).read_bytes(), self.origin, one) for one in files]
        for head in self.outside:
            head.check(self.keys, self.quorum)
        self.head = Head((self.place / "checkpoint").read_bytes(), self.origin, "checkpoint")
        self.bad, self.short, self.good = (NEVER, "", ""), (NEVER, ""), (0, 0)
        self.queue, self.levels = deque[Head](), [list[bytes]() for _ in range(9)]
        self.clock, self.seen = dict[str, tuple[int, int]](), dict[int, int]()
        self.erased, self.erasures, self.heads = dict[str, int](), 0, 0
        self.low, self.first, self.last, self.witnessed = "", "~", "", None
        sizes = sorted(number(one.name) for one in self.place.glob("checkpoints/[!.]*"))
        known = sorted([(one.size, one) for one in [self.head, *self.outside]], key=SIZE)
        self.pulled = self.verified(heapq.merge(zip(sizes, repeat(None)), known, key=SIZE))
        self.ahead = next((one for one in self.pulled if one.at), None)

    def blame(self, index: int, rule: str, detail: object) -> None:
        self.bad = min(self.bad, (index, rule, str(detail)), key=SIZE)

    def read(self, name: str, limit: int, since: int) -> bytes | None:
        """Return a file, at most one byte more than ``limit``; None if it is missing."""
        if not (self.place / name).is_file():
            self.short = min(self.short, (since, f"{name} is missing"))
            return None
        with (self.place / name).open("rb") as file:
            return file.read(limit + 1)

    def verified(self, sources: Iterable[tuple[int, Head | None]]) -> Iterator[Head]:
        """Verify and queue the heads in the order of their sizes."""
        below = 0
        for size, given in sources:
            source = given.source if given else f"checkpoints/{size}"
            try:
                head = given or Head(self.read(source, 65536, size) or b"", self.origin, source)
                head.check(self.keys, self.quorum)
                if head.size != size:
                    raise ValueError(f"a head of {head.size} entries")
            except ValueError as error:
                self.blame(min(below, self.head.size), "checkpoint", f"{source}: {error}")
                continue
            if size > self.head.size:
                gone = f"{size - self.head.size} of the {size} entries in {source} are missing"
                self.blame(self.head.size, "cut", gone)
                continue
            for name, when in head.times.items():
                then, last = self.clock.get(name, (0, 0))
                if size > then and when < last:
                    self.blame(then, "clock", f"{name} signed {source} before the one at {then}")
                self.clock[name] = size, when
            self.witnessed = head if head.at else self.witnessed
            below, self.heads = size, self.heads + 1
            self.queue.append(head)
            yield head

    def bounds(self, index: int) -> tuple[str, str, int]:
        """Return the earliest and latest time an entry may state, and until which index."""
        while self.ahead and self.ahead.size <= index:
            self.low = stamp(self.ahead.at - 3600)
            self.ahead = next((one for one in self.pulled if one.at), None)
        if not self.ahead:
            return self.low, "~", NEVER
        return self.low, stamp(self.ahead.at + 5), self.ahead.size

    def entries(self, start: int, datas: list[bytes], lines: Iterable[str]) -> None:
        """Check what entries and bodies say, from number ``start`` on."""
        until = 0
        for index, (data, line) in enumerate(zip_longest(datas, lines), start):
            if index >= until:
                low, high, until = self.bounds(index)
            if not data or not (match := LEAF(data.decode("utf-8", "surrogateescape"))):
                self.blame(index, "entry", "not the sealed form of an entry, or none")
                continue
            key, at, act, ref, digest = int(match[1]), match[2], match[7], match[9], match[13]
            page, bit = key >> 10, 1 << (key & 1023)
            mask = self.seen.get(page, 0)
            if mask & bit:
                self.blame(index, "order", f"event {key} stands in the log twice")
            self.seen[page] = mask | bit
            if not low <= at <= high:
                self.blame(index, "time", f"{at} is not between {low} and {high}")
            self.first, self.last = min(self.first, at), max(self.last, at)
            if act == "audit:body:erase":
                self.erased.pop(ref, None)
            if line == f'{{"seq": {index}, "salt": null, "body": null}}\n':
                self.erased[f"governance.auditevent:{key}"] = index
                self.erasures += 1
            elif line is not BLIND and digest != body_digest(line or "", index):
                self.blame(index, "body", "malformed, or another than was sealed")

    def tile(self, level: int, n: int, hashes: list[bytes]) -> None:
        """Compare a tile of hashes with what the entries give."""
        name = f"tile/{level}/{path_of(n, len(hashes))}"
        data = self.read(name, 8192, n * 256 ** (level + 1))
        if data is not None and data != b"".join(hashes):
            found = (at for at, one in enumerate(hashes) if data[at * 32 : at * 32 + 32] != one)
            index = (n * 256 + next(found, len(hashes) - 1)) * 256**level
            self.blame(index, "tile", f"{name} is not what the entries give")
        if len(hashes) == 256:
            self.levels[level + 1].append(climb(hashes))
            if len(self.levels[level + 1]) == 256:
                self.tile(level + 1, n // 256, self.levels[level + 1])
                self.levels[level + 1] = []

    def bundle(self, n: int, width: int) -> list[bytes] | None:
        """Return the entries of a bundle as far as they are there; None if it is missing."""
        name, found, at = f"tile/entries/{path_of(n, 256)}", [], 0
        others = {number(one.name) for one in self.place.glob(f"{name}.p/[!.]*")} - {width}
        if width < 256 and (self.place / name).exists():
            others.add(256)
        if others:
            self.blame(
                min(n * 256 + min(width, *others), self.head.size),
                "cut",
                f"{name} has {others}, not {width}",
            )
        if not width:
            return None
        data = self.read(f"tile/entries/{path_of(n, width)}", 256 * 65537, n * 256)
        if data is None:
            return None
        while at < len(data) and len(found) < width:
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            found += [data[start:at]] if at <= len(data) else []
        if len(found) < width or at != len(data):
            self.blame(n * 256 + len(found), "bundle", f"{name} is cut off or goes on")
        return found

    def settle(self, start: int, hashes: list[bytes]) -> None:
        """Compare the roots of the heads up to the last of ``hashes``."""
        while (self.queue or next(self.pulled, None)) and self.queue[0].size <= start + len(hashes):
            head = self.queue.popleft()
            root = climb(hashes[: head.size - start])
            for row in self.levels[1:]:
                root = climb(row, root)
            if (root or sha256().digest()) == head.root:
                self.good = self.good if head.size == self.good[1] else (self.good[1], head.size)
            elif self.bad[0] >= head.size:
                since = self.good[self.good[1] < head.size]
                self.blame(since, "root", f"{head.source}: not the root; first from {since} on")

    def walk(self) -> None:
        """Check everything; findings are in ``bad`` and ``short``."""
        start = 0
        self.settle(0, [])
        while start < self.head.size:
            n, width = start // 256, min(256, self.head.size - start)
            datas = self.bundle(n, width) or []
            hashes = [sha256(b"\x00" + data).digest() for data in datas]
            bodies = self.place / f"bodies/{path_of(n, 256)}.jsonl"
            if bodies.exists():
                with bodies.open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
                    self.entries(start, datas, lines)
            elif datas:
                self.short = min(self.short, (start, f"{bodies} is missing"))
                self.entries(start, datas, repeat(BLIND, len(datas)))
            for head in self.outside:
                if start <= head.index < start + len(hashes) and head.size <= self.head.size:
                    path, leaf = list(head.path), hashes[head.index - start]
                    if up(leaf, head.index, head.size, path) != head.root:
                        self.blame(head.index, "proof", f"{head.source} does not lead to its root")
            self.settle(start, hashes)
            if len(hashes) < width:
                break
            self.tile(0, n, hashes)
            start += width
        else:
            for level, hashes in enumerate(self.levels[1:], 1):
                if hashes:
                    self.tile(level, self.head.size >> 8 * level + 8, hashes)
            self.bundle(-(-self.head.size // 256), 0)
            for index in [*self.erased.values()][:1]:
                self.blame(index, "erasure", "the body is gone, and no later entry erased it")
        deque(self.pulled, maxlen=0)
        if not self.witnessed:
            self.short = 0, "no head has the signatures of enough witnesses"
        elif self.witnessed.size < self.head.size:
            self.short = min(self.short, (self.witnessed.size, "not seen by enough witnesses"))


def main(argv: list[str] | None = None) -> int:
    """Check what the arguments say, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check an export of the audit log, offline.")
    parser.add_argument("dir", help="the export")
    parser.add_argument("--origin", required=True, help="name of the log")
    parser.add_argument("--vkey", required=True, action="append", help="its key, or KEY@FROM-UNTIL")
    parser.add_argument("--witness", required=True, nargs="+", action="extend", help="their keys")
    parser.add_argument("--quorum", type=int, default=1, help="how many witnesses must have signed")
    parser.add_argument("--prior", action="append", default=[], help="a checkpoint kept elsewhere")
    parser.add_argument("--proof", action="append", default=[], help="a receipt (.tlog-proof)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    said: dict[str, object] = {"exit": 3}
    try:
        args = parser.parse_args(argv)
        audit = Audit(args)
        audit.walk()
    except SystemExit as ended:
        return 3 if ended.code else 0
    except (ValueError, OSError) as error:
        said["detail"] = f"unreadable: {error}"
    else:
        said = {
            "exit": 0,
            "size": audit.head.size,
            "root": audit.head.root.hex(),
            "heads": audit.heads,
        }
        said |= {"first_event": audit.first, "last_event": audit.last, "erased": audit.erasures}
        if audit.witnessed:
            times = {name: stamp(at) for name, at in audit.witnessed.times.items()}
            said |= {"witnessed_size": audit.witnessed.size, "witnesses": times}
        if audit.short[0] < NEVER:
            said |= {"exit": 2, "incomplete_from": audit.short[0], "missing": audit.short[1]}
        if audit.bad[0] < NEVER:
            said |= {"exit": 1} | dict(zip(("index", "rule", "detail"), audit.bad, strict=True))
    verdict = ("verified", "TAMPERING", "INCOMPLETE", "UNREADABLE")[said["exit"]]
    if "--json" in (argv or sys.argv):
        print(json.dumps(said))
    else:
        print(verdict, *(f"{name}: {value}" for name, value in said.items()), sep="\n  ")
    return said["exit"]


if __name__ == "__main__":
    sys.exit(main())
