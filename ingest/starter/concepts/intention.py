"""Intention: what an act aims at, apart from what else it brings about."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Phrases
from ingest.starter.vocabulary import SIDES, words

GOODS = Phrases(
    first=words(
        "roasted salted dried fresh spiced warm sweet frozen candied smoked pickled chopped"
    ),
    second=words(
        """almonds plums figs apples beans peppers cherries chestnuts tomatoes mushrooms olives
    carrots"""
    ),
)

DOORS = Frame(
    name="known outcome",
    options=GOODS,
    test_setups=(
        "There are {R} behind the {side} door and {W} behind the {far} door. {a} knows this and "
        "opens the {side} one.",
        "There are {W} behind the {far} door and {R} behind the {side} door. {a} knows this and "
        "opens the {side} one.",
    ),
    test_asks=("What does {a} want?", "What is {a} trying to get?"),
    train_setups=(
        "The {side} button brings {R} and the {far} button brings {W}. {a} knows the machine and "
        "presses {side}.",
        "The {far} button brings {W} and the {side} button brings {R}. {a} knows the machine and "
        "presses {side}.",
    ),
    train_asks=(
        "What does {a} hope to get?",
        "What is {a} after?",
        "Which food is the aim of {a}?",
        "What does {a} intend to have?",
    ),
    statements=(
        "By choosing the {side} side, {a} means to get {R}.",
        "{a} wants {R}, not {W}.",
        "The aim of {a} is to get {R}.",
        "{a} intends to have {R} and does not ask for {W}.",
    ),
    slots={"side far": SIDES},
)

SIDE_EFFECT = Frame(
    name="side effect",
    options=GOODS,
    test_setups=(
        "{a} bought the {thing} because a bag of {R} came with it. A bag of {W} came too, but {a} "
        "did not care.",
        "With the {thing}, {a} got a bag of {W}, which {a} did not care about, and a bag of {R}, "
        "which was the reason to buy.",
    ),
    test_asks=("What was {a} trying to get?", "What did {a} want?"),
    train_setups=(
        "{a} went to the {thing} shop hoping for {R}. The owner also gave away {W}, which {a} did "
        "not expect.",
        "The owner of the {thing} shop gave away {W}, which {a} did not expect. {a} had come "
        "hoping for {R}.",
    ),
    train_asks=(
        "What did {a} hope to get?",
        "What was {a} after?",
        "Which food was the aim of {a}?",
        "What did {a} intend to have?",
    ),
    statements=(
        "{a} came for {R}; the rest was a side effect.",
        "{a} wanted {R}, not {W}.",
        "The aim of {a} was to get {R}.",
        "{a} intended to have {R} and got {W} by chance.",
    ),
)

STOPS = Frame(
    name="what makes it stop",
    options=GOODS,
    test_setups=(
        "When the shop of {b} had no {R}, {a} stayed at home. When it had no {W}, {a} came as "
        "usual.",
        "When the shop of {b} had no {W}, {a} came as usual. When it had no {R}, {a} stayed at "
        "home.",
    ),
    test_asks=("What does {a} want from the shop?", "What is {a} trying to get there?"),
    train_setups=(
        "{a} works for {b} only on days with {R} as pay. Days with {W} as pay do not bring {a} to "
        "work.",
        "Days with {W} as pay do not bring {a} to work. {a} works for {b} only on days with {R} "
        "as pay.",
    ),
    train_asks=(
        "What does {a} hope to get from {b}?",
        "What is {a} after?",
        "Which food is the aim of {a}?",
        "For which food does {a} come?",
    ),
    statements=(
        "{a} comes to {b} for {R}.",
        "{a} wants {R} from {b}, not {W}.",
        "The aim of {a} is to get {R} from {b}.",
        "Without {R}, {a} does not come; without {W}, {a} still does.",
    ),
)

SLIP = Frame(
    name="slip of the hand",
    options=GOODS,
    test_setups=(
        "{a} reached for the {R}, but {b} bumped into {a}, whose hand landed on the {W}.",
        "The hand of {a} landed on the {W}, because {b} bumped into {a} on the way to the {R}.",
    ),
    test_asks=("What was {a} trying to get?", "What did {a} want?"),
    train_setups=(
        "{a} asked for {R}. {b} heard it wrong and brought {W}.",
        "{b} brought {W} to {a}, because {b} heard it wrong. {a} had asked for {R}.",
    ),
    train_asks=(
        "What did {a} hope to get?",
        "What was {a} after?",
        "Which food was the aim of {a}?",
        "What did {a} intend to have?",
    ),
    statements=(
        "{a} wanted {R}; {b} was the reason it went wrong.",
        "{a} wanted {R}, not {W}.",
        "The aim of {a} was to get {R}.",
        "{a} intended to have {R} and got {W} by mistake.",
    ),
)

CONCEPT = Concept(
    name="intention",
    frames=(DOORS, SIDE_EFFECT, STOPS, SLIP),
)
