import base64
import csv
import hashlib
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.tlog.tree import (
    EMPTY_ROOT,
    ProofError,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)
from tests.shared import ROOT, shared

LIMIT = 130
LEAVES = [leaf_hash(b"%d" % n) for n in range(LIMIT)]


def naive(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive(leaves[:split]), naive(leaves[split:]))


ROOTS = [naive(LEAVES[:size]) for size in range(LIMIT + 1)]
NODES: dict[tuple[int, int], bytes] = {
    (level, index): naive(LEAVES[index << level : (index + 1) << level])
    for level in range(8)
    for index in range(LIMIT >> level)
}


def node(level: int, index: int) -> bytes:
    return NODES[level, index]


def vectors() -> list[str]:
    manifest = ROOT / "audit" / "MANIFEST.csv"
    if not manifest.exists():
        return ["absent"]
    with manifest.open(newline="") as file:
        return [row["file"] for row in csv.DictReader(file) if row["file"].startswith("merkle/")]


def decoded(facts: dict[str, object], name: str) -> list[bytes]:
    found = facts[name] or []
    return [base64.b64decode(one) for one in (found if isinstance(found, list) else [found])]


@pytest.mark.parametrize("name", vectors())
def test_a_published_proof_is_judged_as_its_authors_say(name: str) -> None:
    facts = json.loads(shared(f"audit/{name}").read_text())

    def judge() -> None:
        if "leafIdx" in facts:
            leaf, root = b"".join(decoded(facts, "leafHash")), b"".join(decoded(facts, "root"))
            proof = decoded(facts, "proof")
            verify_inclusion(leaf, facts["leafIdx"], facts["treeSize"], proof, root)
        else:
            roots = [b"".join(decoded(facts, name)) for name in ("root1", "root2")]
            proof = decoded(facts, "proof")
            verify_consistency(facts["size1"], facts["size2"], *roots, proof)

    if facts["wantErr"]:
        with pytest.raises(ProofError):
            judge()
    else:
        judge()


def test_every_file_of_the_manifest_is_read_and_whole() -> None:
    manifest = shared("audit/MANIFEST.csv")
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    listed = {row["file"] for row in rows}
    there = {str(path.relative_to(manifest.parent)) for path in manifest.parent.rglob("*.json")}
    assert there == listed
    assert len(vectors()) == len(rows) - 1 > 80
    for row in rows:
        data = Path(manifest.parent / row["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]


def test_the_roots_of_the_published_leaves() -> None:
    facts = json.loads(shared("audit/rfc6962_basic.json").read_text())
    tree = Tree()
    roots = [tree.root().hex()]
    for leaf in facts["leaves_hex"]:
        tree.append(leaf_hash(bytes.fromhex(leaf)))
        roots.append(tree.root().hex())
    assert roots == facts["roots_by_size_hex"]


def test_roots_and_all_inclusion_proofs_follow_the_definition() -> None:
    tree = Tree()
    for size in range(LIMIT + 1):
        assert tree.root() == ROOTS[size]
        for index in range(size):
            proof = inclusion_proof(index, size, node)
            verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
        if size < LIMIT:
            tree.append(LEAVES[size])


def test_all_consistency_proofs_follow_the_definition() -> None:
    for new in range(1, LIMIT + 1):
        for old in range(1, new + 1):
            proof = consistency_proof(old, new, node)
            verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


@given(st.data())
def test_no_altered_inclusion_proof_is_taken(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LIMIT))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, node)
    how = data.draw(st.sampled_from(["bit", "drop", "add", "swap", "leaf", "index", "root"]))
    leaf, root = LEAVES[index], ROOTS[size]
    if how == "bit":
        at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        flipped = int.from_bytes(proof[at], "big") ^ (1 << bit)
        proof[at] = flipped.to_bytes(32, "big")
    elif how == "drop":
        del proof[data.draw(st.integers(0, len(proof) - 1))]
    elif how == "add":
        proof.insert(data.draw(st.integers(0, len(proof))), data.draw(st.binary(max_size=33)))
    elif how == "swap":
        proof = proof[::-1] if len(set(proof)) > 1 else []
    elif how == "leaf":
        leaf = LEAVES[(index + 1) % LIMIT]
    elif how == "index":
        index = data.draw(st.integers(-3, size + 3).filter(lambda one: one != index))
    else:
        root = ROOTS[size - 1]
    with pytest.raises(ProofError):
        verify_inclusion(leaf, index, size, proof, root)


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_grown_in_batches_is_the_same_tree(batches: list[int]) -> None:
    tree, size = Tree(), 0
    for batch in batches:
        batch = min(batch, LIMIT - size)
        tree.extend(LEAVES[size : size + batch])
        size += batch
        subtrees, at = [], 0
        for level in range(size.bit_length() - 1, -1, -1):
            if size >> level & 1:
                subtrees.append(node(level, at >> level))
                at += 1 << level
        assert Tree.from_subtrees(size, subtrees).root() == tree.root() == ROOTS[size]


def test_bad_requests_are_refused() -> None:
    for old, new in ((0, 5), (-1, 5), (6, 5), (0, 0)):
        with pytest.raises(ValueError, match="no proof"):
            consistency_proof(old, new, node)
        with pytest.raises(ProofError):
            verify_consistency(old, new, ROOTS[max(old, 0)], ROOTS[new], [])
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(ValueError, match="no leaf"):
            inclusion_proof(index, size, node)
    with pytest.raises(ValueError, match="cannot make up"):
        Tree.from_subtrees(3, [LEAVES[0]])
    with pytest.raises(ProofError):
        verify_consistency(4, 4, ROOTS[4], ROOTS[4], [LEAVES[0]])
    assert Tree().root() == EMPTY_ROOT
    assert all(one != other for one, other in pairwise(ROOTS))
