"""Words that several concepts share: people, things to carry, small numbers."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, one entry each; a hyphen stands for a space inside one."""
    return tuple(word.replace("-", " ") for word in text.split())


NAMES = words(
    """Ada Ali Amy Anna Arno Asha Ben Bela Bruno Cara Carl Cleo Dana Dario Dina Edda Eli Elsa
    Emil Erik Fay Felix Finn Flora Frida Gina Greta Gus Hana Hugo Ida Igor Ines Iris Ivan
    Jana Jonas Juno Kai Kara Karl Kira Lars Lea Leo Lina Lotte Luca Mara Marco Max Mila
    Mona Nadia Nico Nina Noah Nora Olga Omar Oscar Otto Pablo Paula Petra Pia Rosa Ruben
    Ruth Sami Sara Selma Tara Theo Tina Tom Uma Vera Viktor Yara Zoe"""
)

THINGS = words(
    """apple ball bell book bottle brush button candle card coin comb cup doll drum feather
    flute fork glove hammer hat kettle key knife ladle lens letter magnet marble mask mug
    needle pearl pen pencil pipe plate purse ribbon ring ruler scarf shell shoe spoon
    stamp stone sweater thimble ticket towel trumpet umbrella wallet watch whistle"""
)

# (low, middle, high): every member differs by two or more, so no case is a near tie.
TRIPLES = (
    ("two", "five", "nine"),
    ("three", "six", "eight"),
    ("one", "four", "seven"),
    ("four", "eight", "twelve"),
    ("five", "seven", "eleven"),
    ("three", "five", "ten"),
    ("two", "six", "twelve"),
    ("four", "nine", "eleven"),
)

SIDES = (("left", "right"), ("right", "left"), ("front", "back"), ("back", "front"))
