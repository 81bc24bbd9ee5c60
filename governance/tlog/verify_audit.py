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
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256, sha512
from itertools import islice, repeat, zip_longest
from json.decoder import scanstring  # type: ignore[attr-defined]
from operator import itemgetter
from pathlib import Path

Point = tuple[int, int, int, int]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
BASE, NEVER, UNSEEN, LOWEST = b"\x58" + b"\x66" * 31, 2**63, "\0", itemgetter(0)
PROOF = r"c2sp\.org/tlog-proof@v1\n(?:extra (\S*)\n)?index (\S+)\n((?:\S{44}\n){0,63})\n((?s:.*))"
# The one form in which PostgreSQL seals an entry; any other JSON is refused.
SEALED = (
    r'\{"v" : 1, "id" : ([1-9][0-9]{0,18}), "recorded_at" : "([0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z)", '
    r'"occurred_at" : @, "tenant" : @, "scope" : @, "actor" : @, "act" : (@), "cause" : @, "object"'
    r' : (@), "request_id" : @, "outcome" : @, "db_user" : @, "body_sha256" : "([0-9a-f]{64})"\}'
)
PLAIN = re.compile(SEALED.replace("@", r'"[ !#-\[\]-~]*+"')).fullmatch
ANY = re.compile(
    SEALED.replace("@", r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*+"')
).fullmatch


def add(p: Point, q: Point) -> Point:
    """Add two points of the curve (RFC 8032 section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = p[3] * q[3] % P * 2 * D % P, p[2] * q[2] * 2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


@cache
def table(raw: bytes, is_negated: bool) -> list[list[Point]]:
    """Return the point ``raw`` times d * 256**i, for 32 positions i and each byte d.

    ValueError: it is not in its one form (RFC 8032 section 5.1.3), or of small order.
    """
    y, rows = int.from_bytes(raw, "little"), []
    sign, y = y >> 255, y & (1 << 255) - 1
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if v * x * x % P == u else x * ROOT % P
    if len(raw) != 32 or y >= P or v * x * x % P != u or not x:
        raise ValueError("not a point of the curve")
    x = P - x if (x & 1 != sign) != is_negated else x
    step = (x, y, 1, x * y % P)
    for _ in range(32):
        rows.append([(0, 1, 1, 0), step])
        for _ in range(255):
            rows[-1].append(add(rows[-1][-1], step))
        step = rows[-1].pop()
    if rows[0][8][0] == 0:
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
    if b64encode(found := b64decode(text, validate=True)).decode() != text:
        raise ValueError("base64 with stray bits")
    return found


def number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]{0,17}", text):
        raise ValueError(f"not a number: {text[:30]!r}")
    return int(text)


def stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def path_of(n: int, width: int = 256) -> str:
    digits = f"{n:0{-(-len(str(n)) // 3) * 3}}"
    return re.sub("(...)(?=.)", r"x\1/", digits) + (f".p/{width}" if width < 256 else "")


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def climb(row: list[bytes], above: bytes = b"") -> bytes:
    """Return the root over equal subtrees, with ``above`` as what follows to the right."""
    while row:
        if len(row) & 1:
            above = node(row[-1], above) if above else row[-1]
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


def digest_of(line: str, index: int) -> str:
    """Return the digest of a line of ``bodies/`` in its one form; ValueError."""
    mark = f'{{"seq": {index}, "salt": "'
    salt = len(mark)
    if not line.startswith(mark) or line[salt + 64 : salt + 76] != '", "body": "':
        raise ValueError("not the body of this entry")
    body, end = scanstring(line, salt + 76)
    if line[end:] != "}\n":
        raise ValueError("more than a body")
    return sha256(bytes.fromhex(line[salt : salt + 64]) + body.encode()).hexdigest()


class Forged(ValueError):
    """A signature that must hold does not."""


class Key:
    """A verifier key; that of a log may end in @from-until, the sizes that it signs."""

    def __init__(self, text: str, kind: int) -> None:
        parts = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([^@]+)(?:@([0-9]*)-([0-9]*))?", text)
        raw = unbase64(parts[3]) if parts else b"\0"
        if not parts or raw[0] != kind or not table(raw[1:], True):
            raise ValueError(f"not a key of a {'log' if kind == 1 else 'witness'}: {text}")
        self.name, self.id, self.public, self.is_log = parts[1], parts[2], raw[1:], kind == 1
        self.sizes = range(int(parts[4] or 0), int(parts[5] or NEVER) + 1)
        if sha256(f"{self.name}\n".encode() + raw).hexdigest()[:8] != self.id:
            raise ValueError(f"the id is not that of the key: {text}")


class Head:
    """A signed checkpoint, or the one in a .tlog-proof, its signatures verified; ValueError."""

    def __init__(self, data: bytes, source: str, args: argparse.Namespace) -> None:
        whole, path, self.index, self.source, self.at = data.decode(), "", -1, source, 0
        if proof := re.fullmatch(PROOF, whole):
            unbase64(proof[1] or "")
            self.index, path, whole = number(proof[2]), proof[3], proof[4]
        text, _, block = whole.rpartition("\n\n")
        lines = text.split("\n")
        if len(data) > 65536 or re.search(r"[\0-\x09\x0b-\x1f\x7f]", whole) or block[-1:] != "\n":
            raise ValueError("no signed note, too long, or with control characters")
        if len(lines) < 3 or "" in lines or lines[0] != args.origin:
            raise ValueError(f"no checkpoint of {args.origin}")
        self.size, self.root = number(lines[1]), unbase64(lines[2])
        self.path, self.times = [unbase64(line) for line in path.split()], dict[str, int]()
        if {32} != {*map(len, [self.root, *self.path])} or self.index >= self.size:
            raise ValueError("a root or a path that is no SHA-256, or an index beyond the size")
        signed: dict[tuple[str, str], bytes] = {}
        for line in block[:-1].split("\n"):
            match = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
            raw = unbase64(match[2]) if match else b""
            if not match or len(raw) < 5 or (match[1], raw[:4].hex()) in signed:
                raise ValueError("a malformed signature line, or a key twice")
            signed[match[1], raw[:4].hex()] = raw[4:]
        known = [key for key in args.keys if (key.name, key.id) in signed]
        if not any(key.is_log and self.size in key.sizes for key in known):
            raise ValueError("not signed by a given key of the log that is in force at its size")
        for key in known:
            raw, said = signed[key.name, key.id], text + "\n"
            if not key.is_log:
                self.times[key.name] = when = int.from_bytes(raw[:8], "big")
                raw, said = raw[8:], f"cosignature/v1\ntime {when}\n{said}"
            if not holds(key.public, raw, said.encode()):
                raise Forged(f"the signature of {key.name} does not hold")
        if max(self.times.values(), default=0) > 2**37:
            raise ValueError("cosigned in the far future")
        if len(self.times) >= args.quorum:
            self.at = sorted(self.times.values())[args.quorum - 1]


class Audit:
    """One pass over an export, entry by entry and signed head by signed head."""

    def __init__(self, args: argparse.Namespace) -> None:
        args.keys = [Key(one, 1) for one in args.vkey] + [Key(one, 4) for one in args.witness]
        if len({key.public for key in args.keys}) < len(args.keys):
            raise ValueError("one key under two names would count twice")
        if not 1 <= args.quorum <= len(args.witness):
            raise ValueError("the quorum is none, or more than the witnesses")
        self.place, self.args = Path(args.dir), args
        self.head = Head((self.place / "checkpoint").read_bytes(), "checkpoint", args)
        try:
            held = [Head(Path(one).read_bytes(), one, args) for one in [*args.prior, *args.proof]]
        except Forged as error:  # of no use to hold the export against, so no verdict on it
            raise ValueError(f"a head held elsewhere: {error}") from error
        self.receipts = [one for one in held if one.index >= 0]
        self.bad, self.short, self.good = (NEVER, "", ""), (NEVER, ""), (0, 0)
        self.queue, self.levels = deque[Head](), [list[bytes]() for _ in range(9)]
        self.clock, self.seen = dict[str, tuple[int, int]](), dict[int, int]()
        self.erased, self.erasures, self.heads = dict[str, int](), 0, 0
        self.low, self.first, self.last = "", "~", ""
        self.witnessed: Head | None = None
        sizes = sorted(number(one.name) for one in self.place.glob("checkpoints/[!.]*"))
        known = sorted([(one.size, one) for one in [self.head, *held]], key=LOWEST)
        self.pulled = self.verified(heapq.merge(zip(sizes, repeat(None)), known, key=LOWEST))
        self.ahead = next((one for one in self.pulled if one.at), None)

    def blame(self, index: int, rule: str, detail: object) -> None:
        self.bad = min(self.bad, (index, rule, str(detail)), key=LOWEST)

    def read(self, name: str, limit: int, since: int) -> bytes | None:
        """Return a file, at most one byte more than ``limit``; None, and noted, if missing."""
        try:
            with open(f"{self.place}/{name}", "rb") as file:  # noqa: PTH123 - twice as fast
                return file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            self.short = min(self.short, (since, f"{name} is missing"))
            return None

    def verified(self, sources: Iterable[tuple[int, Head | None]]) -> Iterator[Head]:
        """Verify and queue the heads in the order of their sizes."""
        below, end = 0, self.head.size
        for size, given in sources:
            name = given.source if given else f"checkpoints/{size}"
            try:
                head = given or Head(self.read(name, 65536, size) or b"", name, self.args)
                if head.size != size:
                    raise ValueError(f"a head of {head.size} entries")
            except ValueError as error:
                self.blame(min(below, end), "checkpoint", f"{name}: {error}")
                continue
            if size > end:
                self.blame(end, "cut", f"{size - end} of the {size} entries in {name} are missing")
                continue
            for witness, when in head.times.items():
                then, last = self.clock.get(witness, (0, 0))
                if size > then and when < last:
                    self.blame(then, "clock", f"{witness} signed {name} before the one at {then}")
                self.clock[witness] = size, when
            self.witnessed = head if head.at else self.witnessed
            below, self.heads = size, self.heads + 1
            self.queue.append(head)
            yield head

    def bounds(self, index: int) -> tuple[str, str, int]:
        """Return the earliest and latest time that entries may state, and until which one."""
        while self.ahead and self.ahead.size <= index:
            self.low = stamp(self.ahead.at - 3600)
            self.ahead = next((one for one in self.pulled if one.at), None)
        if not self.ahead:
            return self.low, "~", NEVER
        return self.low, stamp(self.ahead.at + 5), self.ahead.size

    def entries(self, start: int, datas: list[bytes], lines: Iterable[str]) -> None:
        """Check what entries and bodies say, from number ``start`` on."""
        until, seen, first, last = 0, self.seen, self.first, self.last
        for index, (data, line) in enumerate(zip_longest(datas, lines), start):
            if index >= until:
                low, high, until = self.bounds(index)
            try:
                text = data.decode()
                match = PLAIN(text) or ANY(text)
                word, at, act, ref, digest = match.groups()  # type: ignore[union-attr]
            except (AttributeError, UnicodeDecodeError):
                self.blame(index, "entry", "not as the database seals it, or not there")
                continue
            key = int(word)
            page, bit = key >> 10, 1 << (key & 1023)
            if (mask := seen.get(page, 0)) & bit:
                self.blame(index, "order", f"event {key} stands in the log twice")
            seen[page] = mask | bit
            if not low <= at <= high:
                self.blame(index, "time", f"{at} is not from {low} to {high}")
            first = at if at < first else first
            last = at if at > last else last
            if act == '"audit:body:erase"':
                self.erased.pop(ref, None)
            try:
                if line is not UNSEEN and digest_of(line or "", index) != digest:
                    self.blame(index, "body", "another than was sealed")
            except ValueError as error:
                if line == f'{{"seq": {index}, "salt": null, "body": null}}\n':
                    self.erased[f'"governance.auditevent:{key}"'] = index
                    self.erasures += 1
                else:
                    self.blame(index, "body", error)
        self.first, self.last = first, last

    def tile(self, level: int, n: int, width: int, hashes: list[bytes]) -> None:
        """Compare a tile of hashes with what the entries give."""
        name, wanted = f"tile/{level}/{path_of(n, width)}", b"".join(hashes)
        data = self.read(name, 8192, n * 256 ** (level + 1))
        if data is not None and (data[: len(wanted)] != wanted or len(data) != width * 32):
            differ = (at for at, one in enumerate(hashes) if data[at * 32 : at * 32 + 32] != one)
            index = (n * 256 + next(differ, width - 1)) * 256**level
            if self.bad[0] >= index + 256**level:  # else that entry explains it
                self.blame(index, "tile", f"{name} is not what the entries give")

    def push(self, level: int, n: int, hashes: list[bytes]) -> None:
        """Take a complete tile into the levels above it."""
        above = self.levels[level + 1]
        above.append(climb(hashes))
        if len(above) == 256:
            self.tile(level + 1, n >> 8, 256, above)
            self.push(level + 1, n >> 8, above)
            above.clear()

    def bundle(self, n: int, width: int) -> list[bytes]:
        """Return the entries of a bundle as far as they are there."""
        found, at, limit, stem = list[bytes](), 0, 256 * 65537, f"tile/entries/{path_of(n)}"
        data = self.read(f"tile/entries/{path_of(n, width)}", limit, n * 256) if width else None
        if data is None:  # if it is there in another width, it was cut off or goes on
            widths = [number(one.name) for one in self.place.glob(f"{stem}.p/[!.]*")]
            there = 256 if (self.place / stem).exists() else max(widths, default=0)
            data = self.read(f"tile/entries/{path_of(n, there)}", limit, n * 256) if there else None
        if data is None:
            return found
        end = len(data)
        for index in range(n * 256, n * 256 + width):
            start = at + 2
            at = start + (data[at] << 8 | data[at + 1]) if start <= end else NEVER
            if at > end:
                self.blame(index, "bundle", f"{stem} is cut off")
                return found
            found.append(data[start:at])
        if at < end:
            self.blame(n * 256 + width, "bundle", f"{stem} goes on behind its last entry")
        return found

    def settle(self, end: int, hashes: list[bytes]) -> None:
        """Compare the roots of the heads up to ``end`` entries, of which ``hashes`` are last."""
        while (self.queue or any(self.pulled)) and self.queue[0].size <= end:
            head = self.queue.popleft()
            root = climb(hashes[: head.size - (end - len(hashes))])
            for row in self.levels[1:]:
                root = climb(row, root)
            if (root or sha256().digest()) == head.root:
                if head.at and head.size > self.good[1]:  # who stole the key signs what he likes
                    self.good = self.good[1], head.size
            elif self.bad[0] >= head.size:
                since = self.good[self.good[1] < head.size]
                self.blame(since, "root", f"{head.source} signs another root; one from {since} on")

    def walk(self) -> None:
        """Check everything; what is found is in ``bad`` and ``short``."""
        size = self.head.size
        self.settle(0, [])
        for start in range(0, size, 256):
            n, width = start // 256, min(256, size - start)
            datas = self.bundle(n, width)
            hashes = [sha256(b"\0" + data).digest() for data in datas]
            bodies = self.place / f"bodies/{path_of(n)}.jsonl"
            try:
                with bodies.open(encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
                    whole = len(datas) == width
                    self.entries(start, datas, lines if whole else islice(lines, len(datas)))
            except FileNotFoundError:
                self.short = min(self.short, (start, f"{bodies} is missing"))
                self.entries(start, datas, [UNSEEN] * len(datas))
            for one in self.receipts:
                if start <= one.index < start + len(hashes) and one.size <= size:
                    leaf, path = hashes[one.index - start], list(one.path)
                    if up(leaf, one.index, one.size, path) != one.root:
                        self.blame(one.index, "proof", f"{one.source} is of another entry")
            if hashes:
                self.tile(0, n, width, hashes)
            self.settle(start + len(hashes), hashes)
            if len(hashes) < width:
                break
            if width == 256:
                self.push(0, n, hashes)
        else:
            for level, hashes in enumerate(self.levels[1:], 1):
                if hashes:
                    self.tile(level, size >> 8 * level + 8, len(hashes), hashes)
            self.bundle(-(-size // 256), 0)
            for index in list(self.erased.values())[:1]:
                self.blame(index, "erasure", "the body is gone, and no later entry erased it")
        deque(self.pulled, maxlen=0)
        seen = self.witnessed.size if self.witnessed else 0
        if seen < size or not self.witnessed:
            self.short = min(self.short, (seen, "not seen by enough witnesses"))


def main(argv: list[str] | None = None) -> int:
    """Check what the arguments say, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check an export of the audit log, offline.")
    parser.add_argument("dir", help="the export")
    parser.add_argument("--origin", required=True, help="name of the log")
    parser.add_argument("--vkey", required=True, action="append", help="its key: K or K@FROM-UNTIL")
    parser.add_argument("--witness", required=True, nargs="+", action="extend", help="their keys")
    parser.add_argument("--quorum", type=int, default=1, help="how many witnesses must have signed")
    parser.add_argument("--prior", action="append", default=[], help="a checkpoint held elsewhere")
    parser.add_argument("--proof", action="append", default=[], help="a receipt, .tlog-proof")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    try:
        args = parser.parse_args(argv)
        audit = Audit(args)
        audit.walk()
        head, seen, bad, short = audit.head, audit.witnessed, audit.bad, audit.short
        code, said = 0, {"size": head.size, "root": head.root.hex(), "heads": audit.heads}
        said |= {"first_event": audit.first, "last_event": audit.last, "erased": audit.erasures}
        if seen:
            times = {name: stamp(at) for name, at in seen.times.items()}
            said |= {"witnessed_size": seen.size, "witnessed_at": times}
        if short[0] < NEVER:
            code, said = 2, said | {"incomplete_from": short[0], "missing": short[1]}
        if bad[0] < NEVER:
            code, said = 1, said | dict(zip(("index", "rule", "detail"), bad, strict=True))
    except SystemExit as ended:
        return 3 if ended.code else 0
    except Forged as error:
        code, said = 1, {"index": 0, "rule": "signature", "detail": str(error)}
    except (ValueError, OSError) as error:
        code, said = 3, {"detail": str(error)}
    verdict = ("verified", "tampering", "incomplete", "unreadable")[code]
    lines = [verdict.upper(), *(f"  {name}: {value}" for name, value in said.items())]
    told = json.dumps({"exit": code, "verdict": verdict, **said}) if args.json else "\n".join(lines)
    sys.stdout.write(told + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
