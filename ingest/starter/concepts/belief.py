"""Belief: where someone will look follows from what that person takes to be true."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Phrases
from ingest.starter.vocabulary import words

PLACES = Phrases(
    first=words("red green yellow tin wooden tall small round striped painted old blue"),
    second=words("box basket drawer jar chest cupboard bucket crate bag trunk barrel locker"),
)

UNSEEN_MOVE = Frame(
    name="unseen move",
    options=PLACES,
    test_setups=(
        "{a} put the {thing} in the {R} and went out. Then {b} moved it to the {W}, and {a} "
        "did not notice.",
        "The {thing} is now in the {W}. {b} took it from the {R}, where {a} had put it, while "
        "{a} was out.",
    ),
    test_asks=(
        "Where will {a} look for it first?",
        "In which place does {a} think the {thing} is?",
    ),
    train_setups=(
        "{a} left the {thing} in the {R}. While {a} was asleep, {b} carried it to the {W}.",
        "{b} put the {thing} into the {W} while {a} was asleep. Before that, {a} had left it in "
        "the {R}.",
    ),
    train_asks=(
        "Where does {a} expect to find it?",
        "Which place will {a} open to get the {thing}?",
        "{a} wakes up and wants the {thing}. Where does {a} go?",
        "According to {a}, where is the {thing}?",
    ),
    statements=(
        "{a} believes that the {thing} is in the {R}, not in the {W}.",
        "{a} did not see {b} move the {thing}, so {a} will look in the {R}.",
        "To find the {thing}, {a} goes to the {R} first and not to the {W}.",
        "{a} thinks that the {thing} is still in the {R}.",
    ),
)

SEEN_MOVE = Frame(
    name="seen move",
    options=PLACES,
    test_setups=(
        "{b} moved the {thing} to the {R}. {a}, who had put it in the {W}, watched {b} do it.",
        "{a} put the {thing} in the {W}. From the window, {a} then watched {b} move it to the {R}.",
    ),
    test_asks=(
        "Where will {a} look for the {thing} first?",
        "In which place is the {thing}, as {a} believes?",
    ),
    train_setups=(
        "{b} carried the {thing} to the {R} while {a} looked on. Before that it was in the {W}.",
        "The {thing} was in the {W}. {b} carried it to the {R} while {a} looked on.",
    ),
    train_asks=(
        "Where does {a} expect to find it?",
        "Which place will {a} open to get the {thing}?",
        "Later {a} wants the {thing}. Where does {a} go?",
        "According to {a}, where is the {thing} now?",
    ),
    statements=(
        "{a} believes that the {thing} is in the {R}, no longer in the {W}.",
        "{a} saw {b} move the {thing}, so {a} will look in the {R}.",
        "To find the {thing}, {a} goes to the {R} first and not to the {W}.",
        "{a} knows that {b} put the {thing} in the {R}.",
    ),
)

MISINFORMED = Frame(
    name="misinformed",
    options=PLACES,
    test_setups=(
        "{b} told {a} that the {thing} was in the {R}. {a} trusts {b}. In fact it was in the {W}.",
        "The {thing} was really in the {W}. {b} told {a} that it was in the {R}, and {a} trusts "
        "{b}.",
    ),
    test_asks=(
        "Where will {a} look for it?",
        "In which place does {a} think the {thing} is?",
    ),
    train_setups=(
        "A note for {a} says that the {thing} is in the {R}. {a} does not know that {b} has it in "
        "the {W}.",
        "{b} has the {thing} in the {W}. A note for {a} says that it is in the {R}, and {a} has "
        "only the note.",
    ),
    train_asks=(
        "Where does {a} expect to find it?",
        "Which place will {a} open to get the {thing}?",
        "{a} wants the {thing}. Where does {a} go?",
        "According to {a}, where is the {thing}?",
    ),
    statements=(
        "{a} was told that the {thing} is in the {R}, and believes it.",
        "{a} believes that the {thing} is in the {R}, not in the {W}.",
        "{a} wants the {thing} and goes to the {R}, not to the {W}.",
        "What {a} has heard sends {a} to the {R} for the {thing}.",
    ),
)

SECOND_ORDER = Frame(
    name="second order",
    options=PLACES,
    test_setups=(
        "{b} put the {thing} in the {R} and left. {a} moved it to the {W} and is sure that {b} "
        "saw nothing.",
        "{a} moved the {thing} to the {W}. {b} had put it in the {R} and, as {a} knows, was "
        "already gone.",
    ),
    test_asks=(
        "Where does {a} think {b} will look for it?",
        "In which place, as {a} sees it, does {b} believe the {thing} to be?",
    ),
    train_setups=(
        "{b} left the {thing} in the {R}. {a} carried it to the {W} while {b} was asleep, as {a} "
        "knows.",
        "{a} carried the {thing} to the {W}. As {a} knows, {b} was asleep then and had left it in "
        "the {R}.",
    ),
    train_asks=(
        "Where does {a} expect {b} to go for it?",
        "Which place will {b} open, if {a} is right?",
        "{a} waits until {b} wants the {thing}. Where does {a} expect {b} to look?",
        "According to {a}, where does {b} think the {thing} is?",
    ),
    statements=(
        "{a} thinks that {b} believes the {thing} to be in the {R}.",
        "{a} expects {b} to look for the {thing} in the {R}, not in the {W}.",
        "{a} knows that {b} did not see the move, so {b} should look in the {R}.",
        "{a} thinks that {b} will go to the {R} for the {thing} and not to the {W}.",
    ),
)

CONCEPT = Concept(
    name="belief",
    frames=(UNSEEN_MOVE, SEEN_MOVE, MISINFORMED, SECOND_ORDER),
)
