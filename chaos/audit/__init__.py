"""What must be true once the service is quiet, by SQL and by the clients' own log."""
