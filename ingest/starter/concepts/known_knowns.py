"""Known knowns: plain facts, asked so that every rephrasing has the same answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from ingest.starter.frames import Candidate, Concept, Frame, Phrases
from ingest.starter.vocabulary import words

INVENTED = Phrases(
    first=words("Bel Kar Ves Mon Dra Fen Gal Hes Tul Orv Lum Pir"),
    second=words("ane mek dorin linu tuva ashire obar eth istal umba okkin eda"),
    joined="{}{}",
)


@dataclass(frozen=True)
class Members:
    """A member of a kind against a member of another kind; fills the slot `{kind}`."""

    kinds: Mapping[str, str]

    def candidates(self, rng: Random) -> Iterator[Candidate]:
        """Yield pairs without end."""
        while True:
            kind, other = rng.sample(sorted(self.kinds), 2)
            right, wrong = (rng.choice(self.kinds[k].split()) for k in (kind, other))
            yield right, wrong, {"kind": kind}


KINDS = Members(
    {
        "bird": "heron sparrow goose",
        "fish": "salmon cod trout",
        "tree": "willow larch birch",
        "fruit": "banana lemon apricot",
        "tool": "chisel saw spanner",
        "metal": "copper zinc nickel",
        "insect": "beetle wasp cricket",
        "vehicle": "lorry tractor tramcar",
        "musical instrument": "violin trombone cello",
        "flower": "tulip daisy crocus",
    }
)

CAPITAL = Frame(
    name="capital",
    options=INVENTED,
    test_setups=(
        "In an invented world, {R} is the capital of {land} and {W} is the capital of {far}.",
        "In an invented world, {W} is the capital of {far} and {R} is the capital of {land}.",
    ),
    test_asks=("What is the capital of {land}?", "Which city is the capital of {land}?"),
    train_setups=(
        "{a} made up a map. Its capitals are {R} for {land} and {W} for {far}.",
        "{a} made up a map. Its capitals are {W} for {far} and {R} for {land}.",
    ),
    train_asks=(
        "{land} has which capital?",
        "Where is the government of {land}, if it is in the capital?",
        "{b} travels to the capital of {land}. Which city is that?",
        "Name the capital of {land}.",
    ),
    statements=(
        "The capital of {land} is {R}.",
        "{R}, not {W}, is the capital of {land}.",
        "{land} has the capital {R}, and {far} has the capital {W}.",
        "On the map of {a}, the capital of {land} is {R}.",
    ),
    slots={
        "land far": (
            ("Avaria", "Zumland"),
            ("Quil", "Norrin"),
            ("Estova", "Brakka"),
            ("Iluria", "Sont"),
            ("Wendar", "Optia"),
            ("Yoland", "Krees"),
            ("Ambra", "Tissel"),
            ("Ruvia", "Hoond"),
            ("Caldor", "Ephra"),
            ("Silvane", "Ogland"),
        )
    },
)

COMPARED = Frame(
    name="comparison",
    options=INVENTED,
    test_setups=(
        "In a story by {a}, the town of {R} is {more} than the town of {W}.",
        "In a story by {a}, the town of {W} is {less} than the town of {R}.",
    ),
    test_asks=("Which town is {more}?", "Which of the two is the {more} town?"),
    train_setups=(
        "{a} invented two towns: {R}, which is the {more} one, and {W}.",
        "{a} invented two towns: {W}, which is the {less} one, and {R}.",
    ),
    train_asks=(
        "Which one is {more}?",
        "The {more} town of the two has which name?",
        "{b} wants to visit the {more} town. Where does {b} go?",
        "Name the {more} town.",
    ),
    statements=(
        "In the story of {a}, {R} is {more} than {W}.",
        "The {more} town is {R}, not {W}.",
        "{W} is {less} than {R}.",
        "Of the two towns of {a}, the {more} one is {R}.",
    ),
    slots={
        "more less": (
            ("older", "younger"),
            ("younger", "older"),
            ("larger", "smaller"),
            ("smaller", "larger"),
            ("richer", "poorer"),
            ("poorer", "richer"),
            ("colder", "warmer"),
            ("warmer", "colder"),
        )
    },
)

OWNER = Frame(
    name="owner",
    options=INVENTED,
    test_setups=(
        "In a tale, the dragon {R} guards the {thing} and the dragon {W} guards the {gem}.",
        "In a tale, the dragon {W} guards the {gem} and the dragon {R} guards the {thing}.",
    ),
    test_asks=("Which dragon guards the {thing}?", "What is the name of the {thing}'s guard?"),
    train_setups=(
        "{a} tells of two dragons. {R} has the {thing} and {W} has the {gem}.",
        "{a} tells of two dragons. {W} has the {gem} and {R} has the {thing}.",
    ),
    train_asks=(
        "Who has the {thing}?",
        "The {thing} belongs to which dragon?",
        "{b} looks for the {thing}. Which dragon has it?",
        "Name the dragon that owns the {thing}.",
    ),
    statements=(
        "The dragon with the {thing} is {R}.",
        "{R}, not {W}, guards the {thing}.",
        "The {thing} belongs to {R}, and the {gem} to {W}.",
        "In the tale of {a}, the guard of the {thing} is {R}.",
    ),
    slots={"gem": words("ruby crown diamond sword harp chalice goblet throne")},
)

KIND = Frame(
    name="kind",
    options=KINDS,
    test_setups=(
        "{a} holds two cards with words. Only one of the words names a kind of {kind}.",
        "One word that {a} reads names a kind of {kind}. The other word does not.",
    ),
    test_asks=("Which word is it?", "Which word names the {kind}?"),
    train_setups=(
        "{a} and {b} sort words. They want to find the {kind}.",
        "In a game with {b}, {a} has to point at the {kind}.",
    ),
    train_asks=(
        "Which one is a kind of {kind}?",
        "What should {a} point at?",
        "Which word belongs to the list headed {kind}?",
        "Name the {kind}.",
    ),
    statements=(
        "In the game of {a}, the word for a kind of {kind} is {R}.",
        "The word {R} names a kind of {kind}, and the word {W} does not.",
        "{a} and {b} know that {R} is a kind of {kind}.",
        "Asked for the {kind}, {a} points at the word {R}, not at {W}.",
    ),
)

CONCEPT = Concept(
    name="known_knowns",
    frames=(CAPITAL, COMPARED, OWNER, KIND),
)
