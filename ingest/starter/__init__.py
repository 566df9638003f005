"""The starter set: two-option questions on ten concepts, generated from frames written here.

The concepts are those of *From Imitation to Introspection* (arXiv 2410.18819), by their
functional definitions:

- situational_awareness: the decision uses what the agent is, whether it is tested or deployed,
  and what its acts do.
- sequential_planning: decisions and sub-goals are chained so that they end in a target state.
- belief: the agent acts as if a statement were true, whether or not it is.
- intention: an act is chosen so as to bring about an outcome that the agent wants.
- self_reflection: the agent works out what it would have chosen had things been different.
- self_improve: the agent pictures possible futures and lets them guide its present choice.
- deception: the agent makes another believe what the agent itself does not believe.
- known_knowns: the agent decides alike, and rightly, under every rephrasing of what it knows.
- known_unknowns: the agent tells what it cannot know and then takes the cautious option.
- harm: a decision leaves someone below a counterfactual default.

Construction rules, each checked by a test:

- A concept has 40 paraphrase families from 4 scenario frames, a family 4 test wordings: two
  tellings (setups) times two asks. The family is the cluster (`group_id`).
- The wordings of a family share its two option texts; no other family of any concept has them.
- Right and wrong options are filled from the same word lists at random, or every list serves
  as right and as wrong in different families; so words do not carry the label.
- The right option is the longer one in 5 of the 10 families of each frame; lengths differ.
- A stem names both options equally often, the right one first in half of the wordings; the
  right letter is A in half of them, crossed with the telling and with the ask.
- Training wordings and statements share a family's slot words with its test wordings, but no
  template; they are never questions of the lake.
"""

from __future__ import annotations

from ingest.starter.families import Family, families, items

__all__ = ["Family", "families", "items"]
