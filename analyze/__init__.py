"""Analyses: SQL views and statistics that turn rows of the lake into rows of `results`."""
