"""How fast tasks are claimed and answered, as their number grows, beside the bare statements."""
