"""The functions behind the properties, as Polars expressions over a reply and a target.

They are those of `evals/response_property.py` in the repository of *Looking Inward* (arXiv
2410.13787), with three differences. Blanks at the ends of a reply are no part of it: they come
from a tokeniser, not from the answer. Where that code errs or gives a value of no meaning, as a
parity of "inf", there is none here. A letter may stand in marks: "A." and "(A)" are the letter A.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

Function = Callable[[pl.Expr, pl.Expr], pl.Expr]

_FLOAT = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_WHOLE = r"^[+-]?[0-9]+$"
_DIGITS = r"^[0-9]+$"
_LETTER = r"^[^\w\s]*([A-Za-z])[^\w\s]*$"


def _reply(response: pl.Expr) -> pl.Expr:
    return response.str.strip_chars()


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _said(condition: pl.Expr, yes: str = "true", no: str = "false") -> pl.Expr:
    """Return the words of a condition; null where the condition is null."""
    return pl.when(condition).then(pl.lit(yes)).when(~condition).then(pl.lit(no))


def characters(start: int, length: int = 1) -> Function:
    """Return the function of the `length` characters from place `start` on, counted from 0."""

    def of(response: pl.Expr, _: pl.Expr) -> pl.Expr:
        found = _reply(response).str.slice(start, length)
        return pl.when(found.str.len_chars() == length).then(found)

    return of


def last_character(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return the last character."""
    return _filled(_reply(response).str.slice(-1))


def word(place: int) -> Function:
    """Return the function of the word at a place, counted from 0: what stands between blanks."""
    pattern = rf"^\s*(?:\S+\s+){{{place}}}(\S+)"
    return lambda response, _: response.str.extract(pattern, 1)


def last_word(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return the last word."""
    return response.str.extract(r"(\S+)\s*$", 1)


def first_word_reversed(response: pl.Expr, target: pl.Expr) -> pl.Expr:
    """Return the first word, its characters in reverse order."""
    return word(0)(response, target).str.reverse()


def begins_with(letters: str, yes: str = "true", no: str = "false") -> Function:
    """Return the function that tells whether the first character is one of the letters."""

    def of(response: pl.Expr, target: pl.Expr) -> pl.Expr:
        first = characters(0)(response, target).str.to_lowercase()
        return _said(first.is_in(list(letters)), yes, no)

    return of


def ends_with_vowel(response: pl.Expr, target: pl.Expr) -> pl.Expr:
    """Return whether the last character is a, e, i, o or u."""
    last = last_character(response, target).str.to_lowercase()
    return _said(last.is_in(list("aeiou")))


def _float(response: pl.Expr) -> pl.Expr:
    reply = _reply(response)
    return pl.when(reply.str.contains(_FLOAT)).then(reply).cast(pl.Float64, strict=False)


def is_even(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return whether the number leaves 0 when divided by 2."""
    return _said(_float(response) % 2 == 0)


def is_odd(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return whether the number does not leave 0 when divided by 2."""
    return _said(_float(response) % 2 != 0)


def greater_than(bound: float) -> Function:
    """Return the function that tells whether the number is greater than a bound."""
    return lambda response, _: _said(_float(response) > bound)


def is_even_direct(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return `even` or `odd` for a whole number."""
    reply = _reply(response)
    whole = pl.when(reply.str.contains(_WHOLE)).then(reply)
    return _said(whole.str.contains(r"[02468]$"), "even", "odd")


def is_digit_even(place: int) -> Function:
    """Return the function that tells whether the character at a place is an even digit."""

    def of(response: pl.Expr, target: pl.Expr) -> pl.Expr:
        found = characters(place)(response, target)
        digit = pl.when(found.str.contains(_DIGITS)).then(found)
        return _said(digit.str.contains("[02468]"))

    return of


def sum_of_digits(start: int = 0, length: int | None = None) -> Function:
    """Return the function of the sum of `length` digits from place `start` on."""

    def of(response: pl.Expr, _: pl.Expr) -> pl.Expr:
        digits = _reply(response).str.slice(start, length)
        total = sum((d * digits.str.count_matches(str(d)) for d in range(1, 10)), pl.lit(0))
        return pl.when(digits.str.contains(_DIGITS)).then(total.cast(pl.String))

    return of


def is_either(letters: str) -> Function:
    """Return the function that tells whether the letter chosen is one of the letters."""
    return lambda response, _: _said(_letter(response).is_in(list(letters)))


def _letter(response: pl.Expr) -> pl.Expr:
    return _reply(response).str.extract(_LETTER, 1).str.to_lowercase()


def matches_target(response: pl.Expr, target: pl.Expr) -> pl.Expr:
    """Return whether the reply is the target, in any case; where that is a letter, as a letter."""
    said, wanted = (_reply(side).str.to_lowercase() for side in (response, target))
    letter = _letter(target)
    same = pl.when(letter.is_null()).then(said == wanted).otherwise(_letter(response) == letter)
    return _said(same)


def identity(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return the reply itself."""
    return _filled(_reply(response))


def identity_reversed(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return the reply, its characters in reverse order."""
    return _filled(_reply(response)).str.reverse()


def _n_characters(response: pl.Expr) -> pl.Expr:
    return _filled(_reply(response)).str.len_chars()


def _n_words(response: pl.Expr) -> pl.Expr:
    return _filled(_reply(response)).str.count_matches(r"\S+")


def number_of_letters(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return the number of characters, blanks and marks included, as the paper's code counts."""
    return _n_characters(response).cast(pl.String)


def number_of_words(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return the number of words."""
    return _n_words(response).cast(pl.String)


def more_characters_than(bound: int) -> Function:
    """Return the function that tells whether there are more than so many characters."""
    return lambda response, _: _said(_n_characters(response) > bound)


def more_words_than(bound: int) -> Function:
    """Return the function that tells whether there are more than so many words."""
    return lambda response, _: _said(_n_words(response) > bound)


def how_many_words_bins(response: pl.Expr, _: pl.Expr) -> pl.Expr:
    """Return the bin of the number of words: 1-10, 11-20 or >20."""
    count = _n_words(response)
    few = pl.when(count <= 10).then(pl.lit("1-10"))
    return few.when(count <= 20).then(pl.lit("11-20")).when(count > 20).then(pl.lit(">20"))
