"""The sections of a report, in the order in which a sceptic asks."""
