"""What goes wrong on purpose, when, and to whom."""
