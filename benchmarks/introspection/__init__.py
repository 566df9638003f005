"""Predictions at scale: two models that each answer, and each predict both."""
