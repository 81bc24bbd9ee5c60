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
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256, sha512
from itertools import accumulate, repeat, zip_longest
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path

Point = tuple[int, int, int, int]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
BASE, ZERO, NEVER, ISO = b"\x58" + b"\x66" * 31, (0, 1, 1, 0), 2**63, "%Y-%m-%dT%H:%M:%S.%fZ"
# What is read has one form: a checkpoint, alone or in a receipt; a sealed entry above its body.
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
    r' : (@), "request_id" : @, "outcome" : (@), "db_user" : @, "body_sha256" : "(.{64})"\}'
    r'(?:\n\{"seq": ([0-9]+), "salt": (?:null, "body": null|"(.{64})", "body": "(.*"))\})?\Z'
    "".replace("@", r'(?:"[ !#-\[\]-~]*+"|"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*+")')
)


def add(p: Point, q: Point) -> Point:
    """Add two points of the curve (RFC 8032 section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = p[3] * q[3] % P * 2 * D % P, p[2] * q[2] * 2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


@cache
def table(raw: bytes) -> list[list[Point]]:
    """Return the point ``raw`` times d * 256**i, for 32 positions i and each byte d; ValueError."""
    sign, y = divmod(int.from_bytes(raw, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    root = root if root * root % P == square else root * ROOT % P
    x = root if root & 1 == sign else P - root
    rows, step = list[list[Point]](), (x, y, 1, x * y % P)
    for _ in range(32):
        *row, step = accumulate(repeat(step, 256), add, initial=ZERO)
        rows.append(row)
    if len(raw) != 32 or y >= P or x * x % P != square or rows[0][8][0] == 0:
        raise ValueError("not a point of the curve in its one form, or of small order")
    return rows


def holds(public: bytes, sig: bytes, message: bytes) -> bool:
    """Return whether an Ed25519 signature holds: canonical, and without the cofactor."""
    scalar, total = int.from_bytes(sig[32:], "little"), ZERO
    digest = int.from_bytes(sha512(sig[:32] + public + message).digest(), "little") % L
    for point, factor in ((BASE, scalar % L), (public, -digest % (8 * L))):
        for row, byte in zip(table(point), factor.to_bytes(32, "little"), strict=True):
            total = add(total, row[byte])
    x, y = (one * pow(total[2], -1, P) % P for one in total[:2])
    return len(sig) == 64 and scalar < L and sig[:32] == (y | (x & 1) << 255).to_bytes(32, "little")


def climb(row: list[bytes], above: bytes = b"") -> bytes:
    """Return the root over equal subtrees, with ``above`` as what follows to the right."""
    while row:
        if len(row) & 1:
            above = sha256(b"\x01" + row[-1] + above).digest() if above else row[-1]
        row = [sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=False)]
    return above


class Key:
    def __init__(self, text: str, kind: int) -> None:
        """Read a verifier key; that of a log may end in @from-until, the sizes that it signs."""
        parts = re.fullmatch(rf"(([^\s+]+)\+[0-9a-f]{{8}})\+({BASE64})(?:@(\d*)-(\d*))?", text)
        self.label, self.name, key, since, until = parts.groups("") if parts else [""] * 5
        self.sizes, self.is_log = range(int(since or 0), int(until or NEVER) + 1), kind == 1
        raw, self.public = b64decode(key), b64decode(key)[1:]
        ending = sha256(f"{self.name}\n".encode() + raw).hexdigest()[:8]
        if raw[:1] != bytes([kind]) or self.label != f"{self.name}+{ending}" or not table(raw[1:]):
            raise ValueError(f"not a key of a {'log' if self.is_log else 'witness'}: {text}")


class Head:
    def __init__(self, file: Path, args: argparse.Namespace) -> None:
        """Verify a signed checkpoint or receipt. ``at``: when enough witnesses had signed it."""
        note = NOTE.fullmatch(file.read_bytes().decode())
        if not note or note["origin"] != args.origin:
            raise ValueError(f"{file}: no signed checkpoint of {args.origin}")
        self.file, self.size, self.root = file, int(note["size"]), b64decode(note["root"])
        self.index, self.forged, self.times = int(note["index"] or -1), "", dict[str, datetime]()
        self.path = [b64decode(line) for line in (note["path"] or "").split()]
        lines = [line.split(" ") for line in note["lines"].split("\n")[:-1]]
        signed = {f"{one}+{b64decode(sig)[:4].hex()}": b64decode(sig)[4:] for _, one, sig in lines}
        known = [key for key in args.keys if key.label in signed]
        is_valid = any(key.is_log and self.size in key.sizes for key in known)
        if not is_valid or len(signed) < len(lines) or self.index >= self.size:
            raise ValueError(f"{file}: no given key in force signed it, or one twice")
        for key in known:
            raw, said = signed[key.label], note["text"]
            if not key.is_log:
                when, raw = int.from_bytes(raw[:8], "big"), raw[8:]
                self.times[key.name] = datetime.fromtimestamp(min(when, 2**37), UTC)
                said = f"cosignature/v1\ntime {when}\n{said}"
            if not holds(key.public, raw, said.encode()):
                self.forged = f"{file}: the signature of {key.name} does not hold"
        self.at = [*sorted(self.times.values()), *[None] * args.quorum][args.quorum - 1]


class Audit:
    def __init__(self, args: argparse.Namespace) -> None:
        """Read keys and all heads; ``walk`` then goes once over all entries. ValueError."""
        args.keys = [Key(one, 1) for one in args.vkey] + [Key(one, 4) for one in args.witness]
        keys, most = {key.public for key in args.keys}, len(args.witness)
        if len(keys) < len(args.keys) or not 1 <= args.quorum <= most:
            raise ValueError(f"a key stands there twice, or the quorum is not from 1 to {most}")
        self.place, self.found = Path(args.dir), dict[bool, tuple[int, str, str]]()
        self.heads, self.good, self.levels = list[Head](), [0], [list[bytes]() for _ in range(9)]
        self.seen, self.erased, self.is_blind = dict[int, int](), dict[str, int](), False
        self.times, self.span, self.proven = list[str](), (0, "", ""), (-1, dict[str, str]())
        self.main = Head(self.place / "checkpoint", args)
        self.held = [Head(Path(one), args) for one in args.prior]
        if forged := [one.forged for one in self.held if one.forged]:  # so no verdict on the export
            raise ValueError(forged[0])
        self.size, end, below, low = self.main.size, self.main.size, 0, ""
        clock, spans = dict[str, tuple[int, datetime]](), list[tuple[int, str, str]]()
        names = [(int(one.name), None) for one in self.place.glob("checkpoints/[!.]*")]
        given = [(one.size, one) for one in [self.main, *self.held]]
        for size, head in sorted([*names, *given], key=lambda pair: pair[0]):
            try:
                head = head or Head(self.place / f"checkpoints/{size}", args)
                if head.forged or head.size != size:
                    raise ValueError(head.forged or f"{head.file} has {head.size} entries")
            except ValueError as error:
                self.check(False, min(below, end), "checkpoint", str(error))
                continue
            self.check(size <= end, end, "cut", f"{size - end} of the {size} entries are missing")
            for name, when in head.times.items():
                then, last = clock.get(name, (0, when))
                self.check(when >= last or size == then, then, "clock", f"of {name} at {head.file}")
                clock[name] = size, when
            if head.at:
                self.proven = size, {name: f"{at:{ISO}}" for name, at in head.times.items()}
                spans.append((size, low, f"{head.at + timedelta(seconds=5):{ISO}}"))
                low = f"{head.at - timedelta(hours=1):{ISO}}"
            below = size
            self.heads.append(head)
        self.spans, self.queue = iter([*spans, (NEVER, low, "~")]), self.heads[::-1]

    def check(self, is_good: bool, index: int, rule: str, told: str, end: int = 0) -> None:
        """Note the first entry that is bad, or missing, unless one before ``end`` explains it."""
        if not is_good and index < self.found.get(rule == "missing", (NEVER,))[0] >= end:
            self.found[rule == "missing"] = index, rule, told

    def read(self, kind: str, n: int, width: int, span: int = 256) -> bytes | None:
        """Return a file of a tile, a bundle or bodies; None, and noted, if it is missing."""
        name = f"{kind}/" + re.sub("(...)(?=.)", r"x\1/", f"{n:0{-(-len(str(n)) // 3) * 3}}")
        ending = ".jsonl" if kind == "bodies" else f".p/{width}" if width < 256 else ""
        try:
            return (self.place / (name + ending)).read_bytes()
        except FileNotFoundError:
            self.check(not width, n * span, "missing", f"{name}{ending} is not there")
        others = [*self.place.glob(name), *self.place.glob(f"{name}.p/[!.]*")]  # cut off, or longer
        return max((one.read_bytes() for one in others if "entries" in kind), key=len, default=None)

    def entries(self, n: int, width: int) -> list[bytes]:
        """Check what the entries of a bundle and their bodies say; return their hashes."""
        data, bodies = self.read("tile/entries", n, width), self.read("bodies", n, width)
        rest, datas, at, start = data or b"", list[bytes](), 0, n * 256
        for _ in range(width):
            begin = at + 2
            at = begin + int.from_bytes(rest[at:begin])
            datas += [rest[begin:at]] if at <= len(rest) else []
        is_whole = data is None or (at, len(datas)) == (len(rest), width)
        self.check(is_whole, start + len(datas), "bundle", "it is cut off, or goes on")
        *lines, tail = (bodies or b"").split(b"\n")
        is_whole = bodies is None or (tail == b"" and len(lines) == width)
        self.check(is_whole, start + min(len(lines), width), "body", "they are cut off, or go on")
        seen, times, (until, low, high) = self.seen, self.times, self.span
        for index, (data, line) in enumerate(zip_longest(datas, lines[: len(datas)]), n * 256):
            while index >= until:
                self.span = until, low, high = next(self.spans)
            try:
                text = (data if line is None else data + b"\n" + line).decode()
                [(key, at, act, ref, outcome, digest, seq, salt, body)] = ENTRY.findall(text)
                said, stop = scanstring(body or '"', 0)
                given = sha256(bytes.fromhex(salt or digest) + said.encode()).hexdigest()
            except ValueError:
                self.check(False, index, "form", "the entry or its body is in no form it may have")
                continue
            page, bit = divmod(int(key), 256)
            if (mask := seen.get(page, 0)) >> bit & 1:
                self.check(False, index, "order", f"event {key} stands in the log twice")
            seen[page] = mask | 1 << bit
            times.append(at)
            if not low <= at <= high:
                self.check(False, index, "time", f"{at} is not from {low} to {high}")
            if act == '"audit:body:erase"' and outcome == '"ok"' and ref in self.erased:
                self.erased[ref] = NEVER
            if seq and not salt:
                self.erased[f'"governance.auditevent:{key}"'] = index
            elif seq and (given != digest or stop != len(body) or seq != str(index)):
                self.check(False, index, "body", "another than was sealed")
        self.times = [min(times), max(times)] if times else []
        return [sha256(b"\0" + data).digest() for data in datas]

    def leaves(self, n: int, width: int) -> list[bytes]:
        """Return the hashes of a bundle, once it and receipts of entries in it are checked."""
        hashes = self.entries(n, width)
        if len(hashes) < width:  # its tile stands in: the heads vouch for that too
            tile = self.read("tile/0", n, width) or b""
            hashes += [tile[at : at + 32] for at in range(len(hashes) * 32, width * 32, 32)]
            self.is_blind |= len(tile) < width * 32
            self.erased = dict.fromkeys(self.erased, NEVER)  # what erased them may be missing
        for one in [one for one in self.held if one.index >> 8 == n and one.index < self.size]:
            leaf = hashes[one.index & 255]
            for level, node in enumerate(one.path if leaf else []):  # RFC 9162 section 2.1.3.2
                is_left = one.index >> level & 1 or one.index >> level == one.size - 1 >> level
                leaf = sha256(b"\x01" + (node + leaf if is_left else leaf + node)).digest()
            self.check(leaf in (b"", one.root), one.index, "proof", f"{one.file}: of another entry")
        return hashes

    def visit(self, level: int, n: int) -> list[bytes]:
        """Return the hashes of a tile, once it, all below it and the heads in it are checked."""
        span, width = 256**level, min(256, (self.size >> 8 * level) - n * 256)
        row = self.levels[level] = [] if level else self.leaves(n, width)
        for child in range(n * 256, min(n * 256 + 255, self.size // span) + 1 if level else 0):
            below = self.visit(level - 1, child)
            row += [climb(below)] if len(below) == 256 else []
        data = self.read(f"tile/{level}", n, width, span * 256)
        if data is not None and data != b"".join(row) and not (level and self.is_blind):
            differ = (at for at, one in enumerate(row) if data[at * 32 : at * 32 + 32] != one)
            index = (n * 256 + next(differ, width - 1)) * span
            self.check(False, index, "tile", f"level {level} has other hashes", index + span)
        while self.queue and self.queue[-1].size <= n * 256 + width and not self.is_blind:
            head, root = self.queue.pop(), b""
            for at, hashes in enumerate(self.levels):
                root = climb(hashes if at else hashes[: head.size - n * 256], root)
            is_same = (root or sha256().digest()) == head.root
            since = next((size for size in reversed(self.good) if size < head.size), 0)
            self.check(is_same, since, "root", f"another than {head.file} signs", head.size)
            self.good += [head.size] if is_same and head.at else []  # a thief of the log's key
        return row

    def walk(self) -> tuple[int, dict[str, object]]:
        """Check everything; return the exit code and what to tell."""
        self.visit((self.size | 1).bit_length() - 1 >> 3, 0)
        self.check(False, min(self.erased.values(), default=NEVER), "erasure", "none of its body")
        since, (first, last) = max(self.proven[0], 0), self.times or ("", "")
        self.check(self.proven[0] >= self.size, since, "missing", "not seen by enough witnesses")
        said = {"size": self.size, "root": self.main.root.hex(), "heads": len(self.heads)}
        said |= {"first_event": first, "last_event": last, "erased": len(self.erased)}
        said |= {"witnessed_size": since, "witnessed_at": self.proven[1]}
        code = 1 if False in self.found else 2 if self.found else 0
        names = ("index", "rule", "detail") if code == 1 else ("incomplete_from", "rule", "missing")
        return code, said | dict(zip(names, self.found.get(code == 2, ()), strict=False))


def main(argv: list[str] | None = None) -> int:
    """Check what the arguments say, print what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check an export of the audit log, offline.")
    parser.add_argument("dir", help="the export")
    parser.add_argument("--origin", required=True, help="name of the log")
    parser.add_argument("--vkey", required=True, action="append", help="its key: K or K@FROM-UNTIL")
    parser.add_argument("--witness", required=True, nargs="+", action="extend", help="their keys")
    parser.add_argument("--quorum", type=int, default=1, help="how many witnesses must have signed")
    parser.add_argument("--prior", "--proof", action="append", default=[], help="a head or receipt")
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
