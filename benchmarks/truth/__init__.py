"""Consensus against published aggregators."""
