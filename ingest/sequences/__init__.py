"""The sequences set: short tasks of our own whose answers models can be asked to predict.

Four tasks, each with strings to train on and others to test on: the next number, word or animal
of a random list, and which of two things one prefers. A list says nothing about what follows, and
a preference is nobody's to know: whoever predicts the answers knows the model, not the world.
All strings are drawn from seeds that are named here; nothing is downloaded.

The form is that of *Looking Inward* (arXiv 2410.13787): an object question, and hypothetical
questions that quote it and ask for a property of the answer. The wordings are our own.
"""

from __future__ import annotations

from ingest.sequences.tasks import task_set

__all__ = ["task_set"]
