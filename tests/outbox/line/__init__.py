"""Row classes for the outbox's own tests: an app that only the tests and the benchmark install."""
