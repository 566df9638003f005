"""The lake: schema, ledger, segments, views, read-only SQL, check and repair."""
