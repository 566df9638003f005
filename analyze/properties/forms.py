"""Forms of a property's value: which labels are compliant, and how a text is read as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from analyze.properties.wording import bare

_NUMBER = r"^[+-]?[0-9]+$"


@dataclass(frozen=True)
class Form:
    """A form of values: its name, what is compliant, and the reading of a normalised text."""

    name: str
    compliant: str
    label: Callable[[pl.Expr], pl.Expr]

    def read(self, text: pl.Expr) -> pl.Expr:
        """Return the canonical label of a text, or null where it is not compliant.

        Actual values and predictions are read alike.
        """
        return self.label(bare(text))


def option(name: str, *values: str) -> Form:
    """Return the form of a value that is one of a few given ones."""
    listed = " or ".join(f"`{value}`" for value in values)
    return Form(name, listed, lambda text: pl.when(text.is_in(values)).then(text))


def _matching(pattern: str) -> Callable[[pl.Expr], pl.Expr]:
    return lambda text: pl.when(text.str.contains(pattern)).then(text)


def _number(text: pl.Expr) -> pl.Expr:
    plain = text.str.strip_prefix("+").str.replace(r"^(-?)0+([0-9])", "${1}${2}")
    return pl.when(text.str.contains(_NUMBER)).then(plain)


def _bin(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace_all(r"\s", "").str.replace(r"[–—]", "-")
    return pl.when(plain.is_in(WORD_BINS)).then(plain)


def _text(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text.str.replace_all(r"\s+", " "))


WORD_BINS = ("1-10", "11-20", ">20")

CHARACTER = Form("character", "one character, no blank", _matching(r"^\S$"))
CHARACTERS = Form("characters", "two characters, no blank among them", _matching(r"^\S\S$"))
WORD = Form("word", "one word: no blank inside", _matching(r"^\S+$"))
NUMBER = Form("number", "a whole number in digits", _number)
TEXT = Form("text", "any text; runs of blanks count as one", _text)
WORD_BIN = Form("bin", "`1-10`, `11-20` or `>20`", _bin)
BOOLEAN = option("boolean", "true", "false")
YES_NO = option("yes_no", "yes", "no")
PARITY = option("parity", "even", "odd")
VOWEL = option("vowel", "vowel", "no vowel")
