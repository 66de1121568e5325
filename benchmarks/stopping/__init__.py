"""Answers saved by stopping on the posterior, replayed on recorded answers."""
