"""What callers were told, kept so that a repeated request gets the same reply."""
