"""Self-reflection: what one would have chosen in the past under other circumstances."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Phrases
from ingest.starter.vocabulary import TRIPLES, words

WAYS = Phrases(
    first=words("river hill forest canal valley meadow cliff orchard marsh quarry vineyard castle"),
    second=words("road path trail lane track route stairs tunnel bridge tram ferry alley"),
)

OBSTACLES = words("ice mud smoke snow dust fog noise water")

HAD_KNOWN = Frame(
    name="had it been known",
    options=WAYS,
    test_setups=(
        "The {R} was free of {bad}, which {a} hates. Not knowing this, {a} took the {W}, and it "
        "was full of {bad}.",
        "{a} took the {W}, not knowing that it was full of {bad}, which {a} hates. The {R} was "
        "free of it.",
    ),
    test_asks=(
        "Had {a} known, which way would {a} have taken?",
        "Thinking back, which way does {a} now wish to have chosen?",
    ),
    train_setups=(
        "{a} cannot stand {bad}. The {R} had none. The {W}, which {a} took without asking, had "
        "a lot of it.",
        "{a} cannot stand {bad}. The {W}, which {a} took without asking, had a lot of it. The {R} "
        "had none.",
    ),
    train_asks=(
        "Which way would {a} have chosen with full knowledge?",
        "If {a} could choose again, which way would it be?",
        "What would {a} have done after asking first?",
        "Which choice does {a} think would have been better?",
    ),
    statements=(
        "Had {a} known about the {bad}, {a} would have taken the {R}.",
        "Thinking back, {a} would choose the {R}, not the {W}.",
        "{a} now wishes to have taken the {R}.",
        "Because of the {bad}, {a} should have taken the {R} instead of the {W}.",
    ),
    slots={"bad": OBSTACLES},
)

NO_DIFFERENCE = Frame(
    name="news that makes no difference",
    options=WAYS,
    test_setups=(
        "{a} cares only about time and took the {R} because it is faster. Later {a} heard that "
        "the {W} is {nicer}.",
        "Later {a} heard that the {W} is {nicer}. But {a} cares only about time, and had taken the "
        "{R} because it is faster.",
    ),
    test_asks=(
        "Had {a} known, which way would {a} have taken?",
        "Thinking back, which way would {a} choose?",
    ),
    train_setups=(
        "To save time, and for no other reason, {a} took the {R}, the fastest way. {b} then said "
        "that the {W} is {nicer}.",
        "{b} said that the {W} is {nicer}, after {a} had taken the {R}, the fastest way, to save "
        "time and for no other reason.",
    ),
    train_asks=(
        "Which way would {a} have chosen with full knowledge?",
        "If {a} could choose again, which way would it be?",
        "What would {a} have done after asking first?",
        "Which choice does {a} think is still right?",
    ),
    statements=(
        "Even knowing that the {W} is {nicer}, {a} would have taken the {R}.",
        "Thinking back, {a} would still choose the {R}, not the {W}.",
        "{a} cares about time and would again take the {R}.",
        "News about the {W} would not have changed the choice of {a}: the {R}.",
    ),
    slots={"nicer": words("prettier wider greener older quieter sunnier warmer brighter")},
)

SWAPPED = Frame(
    name="swapped circumstances",
    options=WAYS,
    test_setups=(
        "{a} always takes the emptier way. The {R} had {high} people on it and the {W} had {low}, "
        "and {a} chose.",
        "{a} always takes the emptier way. The {W} had {low} people on it and the {R} had {high}, "
        "and {a} chose.",
    ),
    test_asks=(
        "Had the two numbers been swapped, which way would {a} have taken?",
        "Which way would {a} have chosen if it had been the other way round?",
    ),
    train_setups=(
        "{high} people were on the {R} and {low} on the {W}. {a}, who likes few people, took a way "
        "by that rule.",
        "{low} people were on the {W} and {high} on the {R}. {a}, who likes few people, took a way "
        "by that rule.",
    ),
    train_asks=(
        "If the people had been on the opposite ways, which way would {a} have chosen?",
        "With the two numbers exchanged, where would {a} have gone?",
        "Suppose the crowd had been on the other way. What would {a} have done?",
        "Which choice would {a} have made with the crowd on the other way?",
    ),
    statements=(
        "With the numbers swapped, {a} would have taken the {R}.",
        "Had it been the other way round, {a} would have chosen the {R}, not the {W}.",
        "With the crowd on the other way, {a} would have gone by the {R}.",
        "{a} took the {W}, but with swapped numbers it would have been the {R}.",
    ),
    slots={"low mid high": TRIPLES},
)

INFLUENCE = Frame(
    name="without the other person",
    options=WAYS,
    test_setups=(
        "{a} likes the {R} best. Only because {b} asked for the {W} did {a} take that one.",
        "{a} took the {W} only because {b} asked for it. The way that {a} likes best is the {R}.",
    ),
    test_asks=(
        "Without {b}, which way would {a} have taken?",
        "Had {b} said nothing, which way would {a} have chosen?",
    ),
    train_setups=(
        "Alone, {a} always goes by the {R}. That day {b} came along, and so {a} went by the {W}.",
        "That day {b} came along, and so {a} went by the {W}. Alone, {a} always goes by the {R}.",
    ),
    train_asks=(
        "Which way would {a} have chosen if {b} had not been there?",
        "If {b} had stayed at home, which way would it have been?",
        "What would {a} have done alone that day?",
        "Which choice would {a} have made without {b}?",
    ),
    statements=(
        "Without {b}, {a} would have taken the {R}.",
        "Had {b} not been there, {a} would have chosen the {R}, not the {W}.",
        "Choosing alone, {a} would have taken the {R}.",
        "{a} took the {W} because of {b}; alone it would have been the {R}.",
    ),
)

CONCEPT = Concept(
    name="self_reflection",
    frames=(HAD_KNOWN, NO_DIFFERENCE, SWAPPED, INFLUENCE),
)
