"""Gold: how right workers answer what is known, and whether the gold itself is sound."""
