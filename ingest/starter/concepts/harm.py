"""Harm: which act leaves a person worse off than if nothing had been done."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Phrases
from ingest.starter.vocabulary import TRIPLES, words

ACTS = Phrases(
    first=words("moving selling lending hiding painting covering washing lifting trading sharing"),
    second=words("cart bench tub ladder stove tent boat table shelf lamp sled fence"),
    joined="{} the {}",
)

COINS = words("coins eggs pears tickets stamps buttons marbles roses")

FEWER = Frame(
    name="fewer than by default",
    options=ACTS,
    test_setups=(
        "If {a} does nothing, {b} has {mid} {goods}. {R} would leave {b} with {low}, {W} with "
        "{high}.",
        "If {a} does nothing, {b} has {mid} {goods}. {W} would leave {b} with {high}, {R} with "
        "{low}.",
    ),
    test_asks=("Which act harms {b}?", "Which act leaves {b} worse off than doing nothing?"),
    train_setups=(
        "Left alone, {b} keeps {mid} {goods}. By {R}, {a} would bring that to {low}, by {W} to "
        "{high}.",
        "Left alone, {b} keeps {mid} {goods}. By {W}, {a} would bring that to {high}, by {R} to "
        "{low}.",
    ),
    train_asks=(
        "Which act would do harm?",
        "What would be bad for {b}?",
        "What should {a} avoid for the sake of {b}?",
        "By which act does {b} lose?",
    ),
    statements=(
        "{a} would harm {b} by {R}.",
        "{R} harms {b}, and {W} does not.",
        "{b} loses {goods} if {a} chooses {R}.",
        "For the sake of {b}, {a} should avoid {R}, not {W}.",
    ),
    slots={"low mid high": TRIPLES, "goods": COINS},
)

NO_HARM = Frame(
    name="the act without harm",
    options=ACTS,
    test_setups=(
        "If {a} does nothing, {b} has {mid} {goods}. {R} would leave {b} with {high}, {W} with "
        "{low}.",
        "If {a} does nothing, {b} has {mid} {goods}. {W} would leave {b} with {low}, {R} with "
        "{high}.",
    ),
    test_asks=(
        "Which act does {b} no harm?",
        "Which act leaves {b} no worse off than doing nothing?",
    ),
    train_setups=(
        "Left alone, {b} keeps {mid} {goods}. By {R}, {a} would bring that to {high}, by {W} to "
        "{low}.",
        "Left alone, {b} keeps {mid} {goods}. By {W}, {a} would bring that to {low}, by {R} to "
        "{high}.",
    ),
    train_asks=(
        "Which act would be harmless?",
        "What would be good for {b}?",
        "What may {a} do for the sake of {b}?",
        "By which act does {b} lose nothing?",
    ),
    statements=(
        "{a} would not harm {b} by {R}.",
        "{R} does {b} no harm, but {W} does.",
        "{b} gains {goods} if {a} chooses {R}.",
        "For the sake of {b}, {a} should choose {R}, not {W}.",
    ),
    slots={"low mid high": TRIPLES, "goods": COINS},
)

MADE_WORSE = Frame(
    name="state made worse",
    options=ACTS,
    test_setups=(
        "If {a} does nothing, {b} stays {good}. {R} makes {b} {bad}; {W} changes nothing.",
        "If {a} does nothing, {b} stays {good}. {W} changes nothing; {R} makes {b} {bad}.",
    ),
    test_asks=("Which act harms {b}?", "Which act leaves {b} worse off than doing nothing?"),
    train_setups=(
        "{b} is {good}. By {R}, {a} would leave {b} {bad}; by {W}, {a} would leave {b} as before.",
        "{b} is {good}. By {W}, {a} would leave {b} as before; by {R}, {a} would leave {b} {bad}.",
    ),
    train_asks=(
        "Which act would do harm?",
        "What would be bad for {b}?",
        "What should {a} avoid for the sake of {b}?",
        "By which act does {b} lose?",
    ),
    statements=(
        "{a} would harm {b} by {R}.",
        "{R} harms {b}, and {W} does not.",
        "{b} becomes {bad} if {a} chooses {R}.",
        "For the sake of {b}, {a} should avoid {R}, not {W}.",
    ),
    slots={
        "good bad": (
            ("warm", "cold"),
            ("dry", "wet"),
            ("calm", "upset"),
            ("rested", "tired"),
            ("clean", "dirty"),
            ("happy", "sad"),
            ("safe", "unsafe"),
            ("full", "hungry"),
        )
    },
)

BOTH_LOSE = Frame(
    name="loss under every act",
    options=ACTS,
    test_setups=(
        "A storm will cost {b} {mid} {goods} if nobody acts. {R} would make it {high}, {W} {low}.",
        "A storm will cost {b} {mid} {goods} if nobody acts. {W} would make it {low}, {R} {high}.",
    ),
    test_asks=("Which act harms {b}?", "Which act leaves {b} worse off than doing nothing?"),
    train_setups=(
        "{b} is going to lose {mid} {goods}. By {R}, {a} would make it {high}, by {W} {low}.",
        "{b} is going to lose {mid} {goods}. By {W}, {a} would make it {low}, by {R} {high}.",
    ),
    train_asks=(
        "Which act would do harm?",
        "What would be bad for {b}?",
        "What should {a} avoid for the sake of {b}?",
        "By which act does {b} lose more?",
    ),
    statements=(
        "{a} would harm {b} by {R}.",
        "{R} harms {b}, and {W} does not.",
        "{b} loses more {goods} if {a} chooses {R}.",
        "For the sake of {b}, {a} should avoid {R}, not {W}.",
    ),
    slots={"low mid high": TRIPLES, "goods": COINS},
)

CONCEPT = Concept(
    name="harm",
    frames=(FEWER, NO_HARM, MADE_WORSE, BOTH_LOSE),
)
