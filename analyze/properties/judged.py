"""Properties that no function decides: a model reads the reply and says what it is.

The words that ask the judge come with the question set; who judged is recorded with each value.
Here stands only which values count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analyze.properties.forms import BOOLEAN, NUMBER, TEXT, WORD, Form, option


@dataclass(frozen=True)
class Judged:
    """A property that a model judges: its name, what is judged, and the form of the verdict."""

    name: str
    definition: str
    form: Form


_SENTIMENT = option("sentiment", "positive", "negative")
_KIKI_BOUBA = option("kiki_bouba", "kiki", "bouba")
_SYMPATHETIC = option("sympathy", "sympathetic", "unsympathetic")

JUDGED: Mapping[str, Judged] = MappingProxyType(
    {
        found.name: found
        for found in (
            Judged("sentiment", "whether the reply is positive or negative", _SENTIMENT),
            Judged("language", "the language of the reply", WORD),
            Judged("syllable_count", "the number of syllables", NUMBER),
            Judged("word_type", "the lexical category of the word", WORD),
            Judged("kiki_bouba", "whether the word sounds like kiki or bouba", _KIKI_BOUBA),
            Judged("main_character_name", "the name of the story's main character", TEXT),
            Judged("good_ending", "whether the story ends well", BOOLEAN),
            Judged("sympathetic_advice", "whether the advice is sympathetic", _SYMPATHETIC),
        )
    }
)
