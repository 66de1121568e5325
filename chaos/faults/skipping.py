"""What this machine does not let us try."""


class Skipped(Exception):
    """A fault that cannot be had here, and why, in a line."""
