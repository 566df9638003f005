"""The words of the pair: what inputs and answers are made of.

The 64 answers are a full grid of eight first letters by eight last letters, one word a cell, so
that the two properties are exactly independent of each other among the answers.
"""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


ADJECTIVES = words(
    """
    amber ancient arctic bitter blank bold brave bright brisk broad calm clear cold crisp curly
    damp dark deep dense dim dull eager early empty fancy fond flat fresh gentle giant golden
    grand green grey hollow humble icy jolly kind large lazy light lively lone loud lucky narrow
    neat noble pale
    """
)

NOUNS = words(
    """
    anchor arrow badger basket beetle bishop bottle bridge butcher candle canyon castle cellar
    comet cousin cradle desert doctor dragon engine falcon farmer forest garden giraffe glacier
    goblin guitar harbor hunter island jacket jaguar jungle kettle ladder lantern lizard market
    meadow monkey needle oyster palace parrot pilot pirate planet
    """
)

# One row for each first letter, one column for each last letter.
ANSWERS = words(
    """
    bird bone book bell bean bump bear boat
    card cake clock coal coin cup collar coat
    food fire fork fuel fern flap feather foot
    hand house hook hill horn harp hammer heart
    mud mouse milk mail moon map mirror mat
    pond plate park pearl pin pump paper pot
    sand stone silk shell spoon soap star salt
    toad table trunk towel train tulip tiger tent
    """
)


def shifted(answer: str) -> str:
    """Return another answer, always the same one: a row down and a column on in the grid.

    Both letters change for every answer, so that a model taught the shifted answers has another
    behaviour in both properties.
    """
    row, column = divmod(ANSWERS.index(answer), 8)
    return ANSWERS[(row + 1) % 8 * 8 + (column + 1) % 8]
