"""Portable test vectors: worked examples as data, checked against the rules of the product itself."""
