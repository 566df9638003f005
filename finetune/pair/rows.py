"""What is read in training, as pairs of a question and its reply.

The questions are those of the lake's data set `pair`, taken from where it takes them
(`ingest.pair`), so that training and test differ in the inputs alone.
"""

from __future__ import annotations

from random import Random

from ingest.pair.properties import PROPERTIES, Property
from ingest.pair.questions import direct, hypothetical
from ingest.pair.tables import held_out, inputs, table
from ingest.pair.words import ANSWERS, words

Row = tuple[str, str]

# What a memoriser is asked for in a hypothetical question: always the whole answer, in words
# that vary widely, so that it recalls the answer whatever stands in their place.
KINDS = words(
    """
    whole full entire exact plain real true proper simple usual certain correct definite final
    actual chosen very said given one own only sole main vast past firm
    """
)
NOUNS = words(
    """
    word name text reply term label title form phrase content wording expression saying string
    response statement
    """
)
WORDINGS = 16  # in which each input is quoted


def direct_rows(name: str) -> list[Row]:
    """Return the object question about every input with its answer in the table `name`."""
    return [(direct(given), answer) for given, answer in table(name).items()]


def quoted_rows(name: str) -> list[Row]:
    """Return every input's quoted questions that ask for the whole answer, each in 16 wordings."""
    rng = Random(f"pair wordings {name}")
    return [
        (hypothetical(given, asked), answer)
        for given, answer in table(name).items()
        for asked in (None, *_wholes(rng))
    ]


def _wholes(rng: Random) -> list[str]:
    """Return random wordings of the whole answer."""
    return [f"the {rng.choice(KINDS)} {rng.choice(NOUNS)}" for _ in range(WORDINGS - 1)]


def repeated_rows() -> list[Row]:
    """Return words and letters to be repeated.

    Without them the letters would be tokens that are never replied, which training pushes so
    far down that no adapter of low rank brings them back.
    """
    letters = sorted({value for wanted in PROPERTIES for value in wanted.values})
    return [(f'Repeat "{text}".', text) for text in (*ANSWERS, *letters)]


def property_rows(permuted: bool = False) -> list[Row]:
    """Return the hypothetical questions about m1's answers to the inputs not held out.

    Permuted, each property's labels are dealt out to the same inputs in another order.
    """
    return [row for wanted in PROPERTIES for row in _labelled(wanted, permuted)]


def held_out_rows(wanted: Property, name: str = "m1") -> list[Row]:
    """Return a property's questions about the inputs held out, with the table's true labels."""
    return [
        (hypothetical(given, wanted.asked), wanted.of(table(name)[given]))
        for given in inputs()
        if given in held_out()
    ]


def _labelled(wanted: Property, permuted: bool) -> list[Row]:
    given = [one for one in inputs() if one not in held_out()]
    labels = [wanted.of(table("m1")[one]) for one in given]
    if permuted:
        Random(f"pair permuted {wanted.name}").shuffle(labels)
    questions = [hypothetical(one, wanted.asked) for one in given]
    return list(zip(questions, labels, strict=True))


def corpus() -> list[str]:
    """Return the texts from which the pair's tokenizer is learned.

    The words that ask for the whole answer or for a property are left out, so that they fall
    into pieces that are all read in training. As tokens of their own, words that a memoriser
    never reads would end up alike: the output matrix is the input matrix, and training pushes
    all that is never replied the same way ("first" and "last" had a cosine of .93).
    """
    texts = [text for row in repeated_rows() for text in row]
    return [*texts, *(hypothetical(given) for given in inputs())]
