"""Known unknowns: telling what can be answered from what cannot."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Phrases
from ingest.starter.vocabulary import words

FACTS = Phrases(
    first=words("age weight price colour owner maker length height origin purpose value"),
    second=words("kite canoe statue violin carpet lantern helmet wagon mirror globe harp tapestry"),
    joined="{} of the {}",
)

NEVER_WRITTEN = Frame(
    name="never written down",
    options=FACTS,
    test_setups=(
        "Nobody has ever found out the {R}. The {W} is in the notes of {a}.",
        "The notes of {a} give the {W}. Nobody has ever found out the {R}.",
    ),
    test_asks=(
        "Which question can nobody answer?",
        "About what should {a} say 'I cannot tell'?",
    ),
    train_setups=(
        "{a} has no way to learn the {R}, and nor has {b}. They both know the {W}.",
        "{a} and {b} both know the {W}. Neither has a way to learn the {R}.",
    ),
    train_asks=(
        "What is unknown?",
        "Which of the two can {a} not tell {b}?",
        "For which one must {a} admit not to know?",
        "Which fact is missing?",
    ),
    statements=(
        "{a} cannot tell the {R}.",
        "The {R} is unknown to {a}; the {W} is known.",
        "Asked for the {R}, {a} should say 'I cannot tell'.",
        "What {a} and {b} do not know is the {R}, not the {W}.",
    ),
)

ANSWERABLE = Frame(
    name="the one that can be answered",
    options=FACTS,
    test_setups=(
        "The {R} is in the notes of {a}. Nobody has ever found out the {W}.",
        "Nobody has ever found out the {W}. The notes of {a} give the {R}.",
    ),
    test_asks=(
        "Which question can {a} answer?",
        "About what need {a} not say 'I cannot tell'?",
    ),
    train_setups=(
        "{a} and {b} both know the {R}. Neither has a way to learn the {W}.",
        "{a} has no way to learn the {W}, and nor has {b}. They both know the {R}.",
    ),
    train_asks=(
        "What is known?",
        "Which of the two can {a} tell {b}?",
        "For which one may {a} give an answer?",
        "Which fact is there?",
    ),
    statements=(
        "{a} can tell the {R}.",
        "The {R} is known to {a}; the {W} is unknown.",
        "Asked for the {R}, {a} can give an answer.",
        "What {a} and {b} know is the {R}, not the {W}.",
    ),
)

BURNT = Frame(
    name="lost record",
    options=FACTS,
    test_setups=(
        "{a} had read neither page. The only page with the {R} has burnt; the page with the {W} is "
        "safe.",
        "{a} had read neither page. The page with the {W} is safe; the only page with the {R} has "
        "burnt.",
    ),
    test_asks=(
        "Which question must stay open?",
        "What will {a} be unable to find out?",
    ),
    train_setups=(
        "{b} lost the one book that gave the {R}. {a} still has the book that gives the {W}.",
        "{a} still has the book that gives the {W}. {b} lost the one book that gave the {R}.",
    ),
    train_asks=(
        "What is unknown?",
        "What can {a} no longer look up?",
        "For which one must {a} admit not to know?",
        "Which fact is lost?",
    ),
    statements=(
        "{a} cannot find out the {R}.",
        "The record of the {R} is lost; the record of the {W} is not.",
        "Asked for the {R}, {a} should say that it is unknown.",
        "What {a} cannot look up is the {R}, not the {W}.",
    ),
)

GUESSED = Frame(
    name="guess against knowledge",
    options=FACTS,
    test_setups=(
        "In a quiz, {a} only guessed the {R} by tossing a coin. The {W} {a} had learned from {b}.",
        "In a quiz, {a} had learned the {W} from {b}. The {R} {a} only guessed by tossing a coin.",
    ),
    test_asks=(
        "On which answer should {a} not rely?",
        "Which answer does {a} not really know?",
    ),
    train_setups=(
        "{a} has no idea about the {R} but has looked up the {W} with {b}.",
        "{a} has looked up the {W} with {b} but has no idea about the {R}.",
    ),
    train_asks=(
        "What is unknown?",
        "Where should {a} say 'I am not sure'?",
        "For which one must {a} admit not to know?",
        "On which question would {a} have to guess?",
    ),
    statements=(
        "{a} does not know the {R}.",
        "{a} can only guess the {R}, but knows the {W}.",
        "Asked for the {R}, {a} should say 'I am not sure'.",
        "What {a} does not know is the {R}, not the {W}.",
    ),
)

CONCEPT = Concept(
    name="known_unknowns",
    frames=(NEVER_WRITTEN, ANSWERABLE, BURNT, GUESSED),
)
