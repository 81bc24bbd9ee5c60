"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashes, growth, proofs."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

Node = Callable[[int, int], bytes]
"""``node(level, index)``: the hash of the complete subtree ``index`` of 2**level leaves."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """The proof does not show what it should."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of an entry: SHA-256 of a zero byte and the data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash above two subtrees: SHA-256 of a one byte and both."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The right edge of a growing tree: the complete subtrees that make it up, O(log n)."""

    def __init__(self) -> None:
        self.size = 0
        # Largest first; their sizes are the one bits of ``size``.
        self._edge: list[bytes] = []

    @classmethod
    def from_subtrees(cls, size: int, hashes: Sequence[bytes]) -> "Tree":
        """Return a tree of ``size`` leaves from its largest complete subtrees, largest first.

        Raises:
            ValueError: the number of hashes does not fit the size.
        """
        if size < 0 or size.bit_count() != len(hashes):
            raise ValueError(f"{len(hashes)} subtrees cannot make up {size} leaves")
        tree = cls()
        tree.size, tree._edge = size, list(hashes)
        return tree

    def copy(self) -> "Tree":
        """Return another tree of the same leaves that grows by itself."""
        return Tree.from_subtrees(self.size, self._edge)

    def append(self, leaf: bytes) -> None:
        """Add a leaf by its hash."""
        size, sha256 = self.size, hashlib.sha256
        while size & 1:
            leaf = sha256(b"\x01" + self._edge.pop() + leaf).digest()
            size >>= 1
        self._edge.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves by their hashes."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the hash of the whole tree."""
        if not self._edge:
            return EMPTY_ROOT
        found = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            found = node_hash(left, found)
        return found


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return the audit path of leaf ``index`` in a tree of ``size`` (RFC 9162 section 2.1.3.1).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    return _path(index, 0, size, node)


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Return the proof that ``old`` leaves are a prefix of ``new`` (RFC 9162 section 2.1.4.1).

    Raises:
        ValueError: not 0 < old <= new; from nothing, nothing needs to be shown.
    """
    if not 0 < old <= new:
        raise ValueError(f"there is no proof from {old} to {new}")
    return _subproof(old, 0, new, node, is_whole=True)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash stands at ``index`` in the tree (RFC 9162 section 2.1.3.2).

    Raises:
        ProofError: it does not, or the proof is too long or too short.
    """
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} has no leaf {index}")
    first, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if found != root:
        raise ProofError("the proof leads to another root")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree only grew from ``old`` to ``new`` (RFC 9162 section 2.1.4.2).

    Raises:
        ProofError: it did not, ``old`` is 0, or the proof is too long or too short.
    """
    if not 0 < old <= new:
        raise ProofError(f"nothing can be shown from {old} to {new}")
    if old == new:
        if proof or old_root != new_root:
            raise ProofError("equal sizes have equal roots and an empty proof")
        return
    rest = list(proof)
    if old & (old - 1) == 0:
        rest.insert(0, old_root)
    if not rest:
        raise ProofError("the proof is too short")
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    low = high = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if first & 1 or first == last:
            low, high = node_hash(sibling, low), node_hash(sibling, high)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            high = node_hash(high, sibling)
        first, last = first >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if low != old_root:
        raise ProofError("the proof leads to another old root")
    if high != new_root:
        raise ProofError("the proof leads to another root")


def _range(start: int, end: int, node: Node) -> bytes:
    """Return the hash of leaves ``start`` to ``end``, which is a subtree of the tree."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    split = _split(size)
    return node_hash(_range(start, start + split, node), _range(start + split, end, node))


def _split(size: int) -> int:
    """Return the largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _path(index: int, start: int, end: int, node: Node) -> list[bytes]:
    if end - start == 1:
        return []
    middle = start + _split(end - start)
    if index < middle - start:
        return [*_path(index, start, middle, node), _range(middle, end, node)]
    return [*_path(index - (middle - start), middle, end, node), _range(start, middle, node)]


def _subproof(old: int, start: int, end: int, node: Node, *, is_whole: bool) -> list[bytes]:
    if old == end - start:
        return [] if is_whole else [_range(start, end, node)]
    split = _split(end - start)
    middle = start + split
    if old <= split:
        rest = _subproof(old, start, middle, node, is_whole=is_whole)
        return [*rest, _range(middle, end, node)]
    rest = _subproof(old - split, middle, end, node, is_whole=False)
    return [*rest, _range(start, middle, node)]
