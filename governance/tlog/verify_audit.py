"""Check an export of the audit log with nothing but this file and Python 3.11 or later.

Exit codes: 0 verified; 1 tampering, with the first bad entry and the rule that it breaks;
2 incomplete, with the size from which on; 3 wrong usage or unreadable. 1 wins over 2.
Formats: RFC 6962, RFC 8032, C2SP signed-note, tlog-checkpoint, -cosignature, -tiles, -proof.
"""

import argparse
import json
import re
import sys
from base64 import b64decode
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256, sha512
from itertools import accumulate, chain, repeat
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path

Point = tuple[int, int, int, int]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
BASE, ZERO, NEVER = b"\x58" + b"\x66" * 31, (0, 1, 1, 0), 2**63
# All that is read has one form. Base64 has no stray bits; a checkpoint may stand in a receipt.
BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/](?:[AQgw]=|[A-Za-z0-9+/][AEIMQUYcgkosw048])=)?"
NUMBER, HASH, TEXT = "(?:0|[1-9][0-9]{0,17})", rf"(?=\S{{43}}=\n){BASE64}", r"[^\0-\x1f\x7f]+"
NOTE = re.compile(
    rf"(?:c2sp\.org/tlog-proof@v1\n(?:extra {BASE64}\n)?"
    rf"index (?P<index>{NUMBER})\n(?P<path>(?:{HASH}\n){{0,63}})\n)?"
    rf"(?P<text>(?P<origin>{TEXT})\n(?P<size>{NUMBER})\n(?P<root>{HASH})\n(?:{TEXT}\n)*)\n"
    rf"(?P<lines>(?:— (?!\S*[\0-\x1f\x7f+])\S+ (?=\S{{7}}){BASE64}\n)+)"
)
ENTRY = re.compile(
    r'\A\{"v" : 1, "id" : ([1-9][0-9]{0,18}), "recorded_at" : "([0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z)", '
    r'"occurred_at" : @, "tenant" : @, "scope" : @, "actor" : @, "act" : (@), "cause" : @, "object"'
    r' : (@), "request_id" : @, "outcome" : (@), "db_user" : @, "body_sha256" : "([0-9a-f]{64})"\}'
    r"\Z".replace("@", r'(?:"[ !#-\[\]-~]*+"|"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*+")')
)
BODY = re.compile(r'\A\{"seq": ([0-9]+), "salt": "([0-9a-f]{64})", "body": "(.*")\}\Z')


def add(p: Point, q: Point) -> Point:
    """Add two points of the curve (RFC 8032 section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = p[3] * q[3] % P * 2 * D % P, p[2] * q[2] * 2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


@cache
def table(raw: bytes) -> list[list[Point]]:
    """Return the point ``raw`` times d * 256**i, for 32 positions i and each byte d.

    ValueError: it is not in its one form (RFC 8032 section 5.1.3), or of small order.
    """
    sign, y = divmod(int.from_bytes(raw, "little"), 2**255)
    square, rows = (y * y - 1) * pow(D * y * y + 1, -1, P) % P, list[list[Point]]()
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT % P
    step = (x if x & 1 == sign else P - x, y, 1, (x if x & 1 == sign else P - x) * y % P)
    for _ in range(32):
        *row, step = accumulate(repeat(step, 256), add, initial=ZERO)
        rows.append(row)
    if len(raw) != 32 or y >= P or x * x % P != square or rows[0][8][0] == 0:
        raise ValueError("not a point of the curve, or one of small order")
    return rows


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature holds: canonical, and without the cofactor."""
    scalar, total = int.from_bytes(signature[32:], "little"), ZERO
    digest = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % L
    if len(signature) != 64 or scalar >= L:
        return False
    for point, factor in ((BASE, scalar), (public, -digest % (8 * L))):
        for row, byte in zip(table(point), factor.to_bytes(32, "little"), strict=True):
            total = add(total, row[byte])
    inverse = pow(total[2], -1, P)
    x, y = total[0] * inverse % P, total[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def stamp(seconds: int) -> str:
    return datetime.fromtimestamp(min(seconds, 2**37), UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def path_of(n: int, width: int = 256) -> str:
    digits = f"{n:0{-(-len(str(n)) // 3) * 3}}"
    return re.sub("(...)(?=.)", r"x\1/", digits) + (f".p/{width}" if width < 256 else "")


def climb(row: list[bytes], above: bytes = b"") -> bytes:
    """Return the root over equal subtrees, with ``above`` as what follows to the right."""
    while row:
        if len(row) & 1:
            above = sha256(b"\x01" + row[-1] + above).digest() if above else row[-1]
        flat = b"".join(row)
        row = [sha256(b"\x01" + flat[at : at + 64]).digest() for at in range(0, len(flat) - 63, 64)]
    return above


def lead(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root to which an audit path leads (RFC 6962 section 2.1.1); empty if to none."""
    if size == 1 or not path:
        return b"" if path or size > 1 else leaf
    split = 1 << (size - 1).bit_length() - 1
    if index < split:
        return climb([lead(leaf, index, split, path[:-1]), path[-1]])
    return climb([path[-1], lead(leaf, index - split, size - split, path[:-1])])


class Key:
    """A verifier key; that of a log may end in @from-until, the sizes that it signs."""

    def __init__(self, text: str, kind: int) -> None:
        parts = re.fullmatch(rf"(([^\s+]+)\+[0-9a-f]{{8}})\+({BASE64})(?:@(\d*)-(\d*))?", text)
        name, raw = (parts[2], b64decode(parts[3])) if parts else ("", b"")
        label = f"{name}+{sha256(f'{name}{chr(10)}'.encode() + raw).hexdigest()[:8]}"
        if not parts or parts[1] != label or raw[:1] != bytes([kind]) or not table(raw[1:]):
            raise ValueError(f"not a key of a {'log' if kind == 1 else 'witness'}: {text}")
        self.name, self.label, self.public, self.is_log = name, label, raw[1:], kind == 1
        self.sizes = range(int(parts[4] or 0), int(parts[5] or NEVER) + 1)


class Head:
    """A signed checkpoint, or that of a receipt; ValueError. ``forged`` tells a bad signature."""

    def __init__(self, data: bytes, source: str, args: argparse.Namespace) -> None:
        note = NOTE.fullmatch(data.decode())
        if not note or note["origin"] != args.origin or len(data) > 65536:
            raise ValueError(f"no signed checkpoint of {args.origin}")
        self.source, self.size, self.root = source, int(note["size"]), b64decode(note["root"])
        self.index, self.forged, self.times = int(note["index"] or -1), "", dict[str, int]()
        self.path = [b64decode(line) for line in (note["path"] or "").split()]
        lines = [line.split(" ") for line in note["lines"].split("\n")[:-1]]
        signed = {f"{one}+{b64decode(sig)[:4].hex()}": b64decode(sig)[4:] for _, one, sig in lines}
        known = [key for key in args.keys if key.label in signed]
        if len(signed) < len(lines) or self.index >= self.size:
            raise ValueError("a key signs twice, or the index is beyond the size")
        if not any(key.is_log and self.size in key.sizes for key in known):
            raise ValueError("not signed by a given key of the log that is in force at its size")
        for key in known:
            raw, said = signed[key.label], note["text"]
            if not key.is_log:
                self.times[key.name] = when = int.from_bytes(raw[:8], "big")
                raw, said = raw[8:], f"cosignature/v1\ntime {when}\n{said}"
            if not holds(key.public, raw, said.encode()):
                self.forged = f"the signature of {key.name} does not hold"
        times = sorted(self.times.values())
        self.at = times[args.quorum - 1] if len(times) >= args.quorum else 0


class Audit:
    """One pass over an export, entry by entry and signed head by signed head."""

    def __init__(self, args: argparse.Namespace) -> None:
        args.keys = [Key(one, 1) for one in args.vkey] + [Key(one, 4) for one in args.witness]
        if len({key.public for key in args.keys}) < len(args.keys):
            raise ValueError("one key under two names would count twice")
        if not 1 <= args.quorum <= len(args.witness):
            raise ValueError("the quorum is none, or more than the witnesses")
        self.place, self.bad, self.short = Path(args.dir), (NEVER, "", ""), (NEVER, "")
        self.head = Head((self.place / "checkpoint").read_bytes(), "checkpoint", args)
        self.held = [Head(Path(one).read_bytes(), one, args) for one in [*args.prior, *args.proof]]
        for forged in filter(None, [one.forged for one in self.held]):  # of no use, no verdict
            raise ValueError(f"a head held elsewhere: {forged}")
        self.heads, self.good, self.levels = list[Head](), [0], [list[bytes]() for _ in range(8)]
        self.seen, self.erased, self.erasures = dict[int, int](), dict[str, int](), 0
        self.first, self.last, self.hole, self.is_blind = "~", "", 0, False
        self.take(args)
        self.queue, self.witnessed = self.heads[::-1], [one for one in self.heads if one.at]
        lows = ["", *(stamp(one.at - 3600) for one in self.witnessed)]
        highs = [*((one.size, stamp(one.at + 5)) for one in self.witnessed), (NEVER, "~")]
        self.spans = ((*high, low) for high, low in zip(highs, lows, strict=True))
        self.span = next(self.spans)

    def blame(self, index: int, rule: str, detail: object, end: int = 0) -> None:
        """Note a bad entry, unless one before ``end`` explains what was found."""
        if index < self.bad[0] >= end:
            self.bad = index, rule, str(detail)

    def read(self, name: str, since: int) -> bytes | None:
        """Return what is in a file; None, and noted, if it is missing."""
        try:
            return (self.place / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            self.short = min(self.short, (since, f"{name} is missing"))
            return None

    def take(self, args: argparse.Namespace) -> None:
        """Take all heads that are as they must be, in the order of their sizes."""
        clock, below, end = dict[str, tuple[int, int]](), 0, self.head.size
        names = [(int(one.name), None) for one in self.place.glob("checkpoints/[!.]*")]
        given = [(one.size, one) for one in [self.head, *self.held]]
        for size, head in sorted([*names, *given], key=lambda pair: pair[0]):
            name = head.source if head else f"checkpoints/{size}"
            try:
                head = head or Head((self.place / name).read_bytes(), name, args)
                if head.forged or head.size != size:
                    raise ValueError(head.forged or f"a head of {head.size} entries")
            except ValueError as error:
                self.blame(min(below, end), "checkpoint", f"{name}: {error}")
                continue
            if size > end:
                self.blame(end, "cut", f"{size - end} of the {size} entries in {name} are missing")
                continue
            for witness, when in head.times.items():
                then, last = clock.get(witness, (0, 0))
                if size > then and when < last:
                    self.blame(then, "clock", f"{witness} signed {name} before the one at {then}")
                clock[witness] = size, when
            below = size
            self.heads.append(head)

    def bundle(self, n: int, width: int) -> list[bytes]:
        """Return the entries of a bundle as far as they are there."""
        found, at, stem = list[bytes](), 0, f"tile/entries/{path_of(n)}"
        data = self.read(f"tile/entries/{path_of(n, width)}", n * 256) if width else None
        if data is None:  # if it is there in another width, it was cut off or goes on
            files = [*self.place.glob(f"{stem}.p/[!.]*"), *self.place.glob(stem)]
            data = max((one.read_bytes() for one in files), key=len, default=None)
        if data is None:
            return found
        for index in range(n * 256, n * 256 + width):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            if at > len(data):
                self.blame(index, "bundle", f"{stem} is cut off")
                break
            found.append(data[start:at])
        if at < len(data):
            self.blame(n * 256 + width, "bundle", f"{stem} goes on behind its last entry")
        return found

    def entries(self, n: int, width: int, datas: list[bytes]) -> None:
        """Check what the entries of a bundle and their bodies say."""
        name, seen, times = f"bodies/{path_of(n)}.jsonl", self.seen, [self.first, self.last]
        bodies = self.read(name, n * 256) if width else None
        *lines, rest = (bodies or b"").split(b"\n")
        if bodies is not None and (rest or len(lines) != width):
            self.blame(n * 256 + min(len(lines), width), "body", f"{name} is cut off or goes on")
        until, high, low = self.span
        pairs = zip(enumerate(datas, n * 256), chain(lines, repeat(None)), strict=False)
        for (index, data), line in pairs:
            while index >= until:
                self.span = until, high, low = next(self.spans)
            try:
                [(key, at, act, ref, outcome, digest)] = ENTRY.findall(data.decode())
            except ValueError:
                self.blame(index, "entry", "not as the database seals it")
                continue
            page, bit = int(key) >> 10, 1 << (int(key) & 1023)
            if (mask := seen.get(page, 0)) & bit:
                self.blame(index, "order", f"event {key} stands in the log twice")
            seen[page] = mask | bit
            times.append(at)
            if not low <= at <= high:
                self.blame(index, "time", f"{at} is not from {low} to {high}")
            if act == '"audit:body:erase"' and outcome == '"ok"':
                self.erased.pop(ref, None)
            if line == b'{"seq": %d, "salt": null, "body": null}' % index:
                self.erased[f'"governance.auditevent:{key}"'] = index
                self.erasures += 1
            elif line is not None:
                try:
                    [(seq, salt, text)] = BODY.findall(line.decode())
                    body, end = scanstring(text, 0)
                    said = sha256(bytes.fromhex(salt) + body.encode()).hexdigest()
                except ValueError:
                    seq, end, text, said = "", 0, "", ""
                if (seq, end, said) != (str(index), len(text), digest):
                    self.blame(index, "body", "another than was sealed")
        self.first, self.last = min(times), max(times)

    def tile(self, level: int, n: int, hashes: list[bytes]) -> None:
        """Compare a tile of hashes with what the entries give; if complete, go on above it."""
        name, span = f"tile/{level}/{path_of(n, len(hashes))}", 256**level
        data = self.read(name, n * 256 * span) if hashes else b""
        if data is not None and data != b"".join(hashes):
            differ = (at for at, one in enumerate(hashes) if data[at * 32 : at * 32 + 32] != one)
            index = (n * 256 + next(differ, len(hashes) - 1)) * span
            self.blame(index, "tile", f"{name} is not what the entries give", index + span)
        if level == 0 and not self.is_blind:
            self.settle(n * 256, hashes)
        if len(hashes) == 256 and not self.is_blind:
            above = self.levels[level]
            above.append(climb(hashes))
            if len(above) == 256:
                self.tile(level + 1, n >> 8, above)
                above.clear()

    def settle(self, start: int, hashes: list[bytes]) -> None:
        """Compare the roots of the heads that end within the tile that begins at ``start``."""
        while self.queue and self.queue[-1].size <= start + len(hashes):
            head = self.queue.pop()
            root = climb(hashes[: head.size - start])
            for row in self.levels:
                root = climb(row, root)
            if (root or sha256().digest()) != head.root:
                since = next((size for size in reversed(self.good) if size < head.size), 0)
                detail = f"{head.source} signs another root; one from {since} on"
                self.blame(since, "root", detail, head.size)
            elif head.at:  # who stole the key of the log signs what he likes
                self.good.append(head.size)

    def walk(self) -> tuple[int, dict[str, object]]:
        """Check everything; return the exit code and what to tell."""
        size, root = self.head.size, self.head.root.hex()
        for n in range(size // 256 + 1):
            start, width = n * 256, min(256, size - n * 256)
            datas = self.bundle(n, width)
            self.entries(n, width, datas)
            hashes = [sha256(b"\0" + data).digest() for data in datas]
            if len(hashes) < width:  # its tile stands in: the heads vouch for that too
                tile = self.read(f"tile/0/{path_of(n, width)}", start) or b""
                hashes += [tile[at : at + 32] for at in range(len(hashes) * 32, width * 32, 32)]
                self.hole, self.is_blind = start + width, self.is_blind or len(tile) < width * 32
            for one in self.held:
                leaf = hashes[one.index - start] if start <= one.index < start + width else b""
                if leaf and lead(leaf, one.index, one.size, one.path) != one.root:
                    self.blame(one.index, "proof", f"{one.source} is of another entry")
            self.tile(0, n, hashes)
        for level, hashes in enumerate(self.levels, 1):
            if hashes and not self.is_blind:
                self.tile(level, size >> 8 * level + 8, hashes)
        for index in self.erased.values():
            if index >= self.hole:
                self.blame(index, "erasure", "the body is gone, and no later entry erased it")
        said: dict[str, object] = {"size": size, "root": root, "heads": len(self.heads)}
        said |= {"first_event": self.first, "last_event": self.last, "erased": self.erasures}
        seen = self.witnessed[-1] if self.witnessed else None
        if seen:
            times = {name: stamp(at) for name, at in seen.times.items()}
            said |= {"witnessed_size": seen.size, "witnessed_at": times}
        if not seen or seen.size < size:
            since = seen.size if seen else 0
            self.short = min(self.short, (since, "not seen by enough witnesses"))
        if self.short[0] < NEVER:
            said |= {"incomplete_from": self.short[0], "missing": self.short[1]}
        if self.bad[0] < NEVER:
            said |= dict(zip(("index", "rule", "detail"), self.bad, strict=True))
        return (1 if self.bad[0] < NEVER else 2 if self.short[0] < NEVER else 0), said


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
        code, said = Audit(args).walk()
    except SystemExit as ended:
        return 3 if ended.code else 0
    except (ValueError, OSError, MemoryError) as error:
        code, said = 3, {"detail": str(error)}
    verdict = ("verified", "tampering", "incomplete", "unreadable")[code]
    lines = [verdict.upper(), *(f"  {name}: {value}" for name, value in said.items())]
    told = json.dumps({"exit": code, "verdict": verdict, **said}) if args.json else "\n".join(lines)
    sys.stdout.write(told + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
