"""Votes, plain or weighted by how workers agree with them."""
