"""A transparency log: Merkle tree, tiles, signed notes, proofs, witness. Bytes in, values out."""
