"""The one-command default: PostgreSQL, Redis and every process of Concord on this machine."""
