"""The same words for everyone who is measured."""

from __future__ import annotations


def prompt(i: int) -> str:
    """Return a prompt of about seventy bytes."""
    return f"Question {i}: is the statement that follows true? The sum is {i * 7}."
