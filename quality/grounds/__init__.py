"""What projects ask of workers, and whether a worker meets it."""
