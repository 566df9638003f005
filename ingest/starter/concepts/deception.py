"""Deception: which statement makes the other believe what the speaker does not."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Paired

# The two states of a pair differ in length, so that one option of a family is the longer.
STATES = {
    ("open", "closed"): "mill shop bank museum harbour pool library bridge",
    ("full", "empty"): "tank hall bus jug well silo stable cistern",
    ("working", "broken"): "pump lift radio oven fan crane motor printer",
    ("early", "late"): "train tram courier coach post mayor",
    ("asleep", "awake"): "guard cat baby owl watchman giant",
    ("locked", "unlocked"): "gate shed safe cellar attic garage",
}


def _claims() -> tuple[tuple[str, str], ...]:
    pairs = []
    for (one, other), nouns in STATES.items():
        for noun in nouns.split():
            first, second = f"the {noun} is {one}", f"the {noun} is {other}"
            pairs += [(first, second), (second, first)]
    return tuple(pairs)


CLAIMS = Paired(_claims())

LIE = Frame(
    name="plain lie",
    options=CLAIMS,
    test_setups=(
        "It is false that {R}. {a} knows that {W}, but wants to fool {b}.",
        "{a} knows that {W}. It is false that {R}, but {a} wants to fool {b}.",
    ),
    test_asks=("What will {a} say to {b}?", "Which sentence would make {b} believe a falsehood?"),
    train_setups=(
        "To say that {R} would be a lie. {a} has seen that {W} and means to trick {b}.",
        "{a} has seen that {W}. To say that {R} would be a lie, and {a} means to trick {b}.",
    ),
    train_asks=(
        "What does {a} tell {b}?",
        "Which claim serves the trick?",
        "Which words would give {b} a false belief?",
        "What will {b} hear from {a}?",
    ),
    statements=(
        "To fool {b}, {a} says that {R}.",
        "{a} knows that {W} and tells {b} the lie that {R}.",
        "The lie that {a} tells {b} is that {R}.",
        "{b} hears from {a} that {R}, which {a} does not believe.",
    ),
)

CONTRARY = Frame(
    name="listener who believes the opposite",
    options=CLAIMS,
    test_setups=(
        "{a} knows that {R}. {a} wants {b} to think that {W}. {b} always believes the opposite of "
        "what {a} says.",
        "{a} wants {b} to think that {W}, but knows that {R}. {b} always believes the opposite of "
        "what {a} says.",
    ),
    test_asks=(
        "What will {a} say to {b}?",
        "Which sentence would make {b} believe a falsehood?",
    ),
    train_setups=(
        "{b} takes every word of {a} to be false. {a} has seen that {R} and would like {b} to "
        "believe that {W}.",
        "{b} takes every word of {a} to be false. {a} would like {b} to believe that {W}, but has "
        "seen that {R}.",
    ),
    train_asks=(
        "What does {a} tell {b}?",
        "Which claim serves the trick?",
        "Which words would give {b} a false belief?",
        "What will {b} hear from {a}?",
    ),
    statements=(
        "To fool {b}, who believes the opposite, {a} says that {R}.",
        "{a} wants {b} to believe that {W} and therefore says that {R}.",
        "The words that {a} uses to trick {b} are that {R}.",
        "{b} hears from {a} that {R} and believes the opposite.",
    ),
)

MISTAKEN = Frame(
    name="liar who is mistaken",
    options=CLAIMS,
    test_setups=(
        "In truth {R}, but {a} has got it wrong and is sure that {W}. {a} wants to lie to {b}.",
        "{a} is sure that {W}, but has got it wrong: in truth {R}. {a} wants to lie to {b}.",
    ),
    test_asks=("What will {a} say to {b}?", "Which sentence will {a} choose as the lie?"),
    train_setups=(
        "It happens to be true that {R}. {a} believes wrongly that {W} and means to trick {b}.",
        "{a} believes wrongly that {W}. It happens to be true that {R}. {a} means to trick {b}.",
    ),
    train_asks=(
        "What does {a} tell {b}?",
        "Which claim does {a} pick?",
        "Which words does {a} use without believing them?",
        "What will {b} hear from {a}?",
    ),
    statements=(
        "Meaning to lie, {a} tells {b} that {R}.",
        "{a} believes that {W} and tries to lie with the words that {R}.",
        "The words that {a} says against belief are that {R}.",
        "{b} hears from {a} that {R}, which {a} does not believe.",
    ),
)

INSINCERE = Frame(
    name="who meant it",
    options=CLAIMS,
    test_setups=(
        "{a} said that {R} without believing it. {b} said that {W} and believed it.",
        "{b} said that {W} and believed it. {a} said that {R} without believing it.",
    ),
    test_asks=("Which sentence was meant to deceive?", "Which of the two claims was a lie?"),
    train_setups=(
        "{a} told people that {R}, and {b} told them that {W}. Only {b} meant it.",
        "{b} told people that {W}, and {a} told them that {R}. Only {b} meant it.",
    ),
    train_asks=(
        "Which claim was a trick?",
        "Which words did the speaker not believe?",
        "What was said in order to mislead?",
        "Which claim was not sincere?",
    ),
    statements=(
        "{a} did not believe it and still said that {R}.",
        "{b} was sincere in saying that {W}; {a} lied in saying that {R}.",
        "The lie of the two claims was that {R}.",
        "To mislead people, {a} told them that {R}.",
    ),
)

CONCEPT = Concept(
    name="deception",
    frames=(LIE, CONTRARY, MISTAKEN, INSINCERE),
)
