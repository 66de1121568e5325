"""Programs that use Concord from outside, on real data."""
