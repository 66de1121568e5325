"""Time and memory of aggregation, ours against crowd-kit's in one run."""
