"""The proof of the log: a Merkle tree over it, signed heads of the tree, and what they prove."""
