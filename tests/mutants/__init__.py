"""Break each promise on a copy and see its test fail."""
