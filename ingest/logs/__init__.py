"""Other tools' evaluation logs: read as their formats say, mapped to one shape, written as rows."""
