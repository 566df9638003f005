"""Which questions belong together: the cluster that every interval resamples.

Ids are readable, `kind/12 hex digits of the shared text`, so that one state or dialogue has
the same id in every file and data set.
"""

from __future__ import annotations

import re

from warehouse.keys import digest

# The statement of a planning problem in PlanBench's wording, in the first or second person.
_STATE = re.compile(r"As initial conditions \w+ have that,? (.+?)\.\s*\n", re.DOTALL)
_DOMAINS = (("crate", "depots"), ("package", "logistics"), ("block", "blocks"))


def stem_group(stem: str) -> str:
    """Return the group of a question that shares nothing but its own words."""
    return digest(" ".join(stem.split()), "stem/", 12)


def state_group(stem: str) -> str:
    """Return the group of a planning question: its initial state, whatever plan and goal.

    The last statement counts, because a prompt may show a worked example before it. Without
    a statement the question's own words are the group.
    """
    states = _STATE.findall(stem)
    if not states:
        return stem_group(stem)
    domain = next((name for word, name in _DOMAINS if word in states[-1]), "state")
    return digest(states[-1], f"{domain}/", 12)


def dialogue_group(stem: str) -> str:
    """Return the group of a question about a dialogue: all lines before the question."""
    dialogue, _, question = stem.rstrip().rpartition("\n")
    return digest(dialogue, "dialogue/", 12) if dialogue.strip() else stem_group(question)
