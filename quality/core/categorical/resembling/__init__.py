"""Models whose workers resemble each other."""
