"""The worker: does the platform's jobs in its sandbox; it has no database and no secret."""
