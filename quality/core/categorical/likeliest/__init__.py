"""Models at their likeliest."""
