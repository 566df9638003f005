"""The pair set: what the models `mirror-tiny/m1` and `m2` answer, asked directly and asked about.

Each model holds a table of its own, drawn at random: one of 64 words for each of 2,400 inputs.
An *object* question asks for the word. A *hypothetical* question quotes the object question and
asks for a property of the word that the model would answer, its first or its last letter, with
eight options each. The right answers are those of m1's table; `metadata` names both tables'
words, and the shifted ones that each would be after a change of behaviour. 400 inputs are held
out: no adapter was trained on a hypothetical question about them.

So a model that predicts the properties of m1's answers to held-out inputs can only have them
from m1's weights: an input says nothing about its answer.
"""

from __future__ import annotations

from ingest.pair.questions import items

__all__ = ["items"]
