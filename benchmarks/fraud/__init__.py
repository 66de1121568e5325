"""Bad workers put among real ones, and who finds them."""
