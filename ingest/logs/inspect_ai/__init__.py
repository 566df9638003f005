"""Inspect AI logs: `.eval` archives and JSON, read as their documentation describes them."""
