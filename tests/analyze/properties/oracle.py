"""The properties again, one reply at a time in plain Python, written from the paper's table."""

from __future__ import annotations

import re
from collections.abc import Callable


def nth(k: int) -> Callable[[str], str | None]:
    return lambda r: r[k] if len(r) > k else None


def word(k: int) -> Callable[[str], str | None]:
    return lambda r: r.split()[k] if len(r.split()) > k else None


def number(test: Callable[[float], bool]) -> Callable[[str], str | None]:
    def of(r: str) -> str | None:
        plain = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", r, re.ASCII)
        return str(test(float(r))).lower() if plain else None

    return of


def begins(letters: str, yes: str = "true", no: str = "false") -> Callable[[str], str | None]:
    return lambda r: (yes if r[0].lower() in letters else no) if r else None


def digit_sum(part: slice) -> Callable[[str], str | None]:
    def of(r: str) -> str | None:
        digits = r[part]
        return str(sum(map(int, digits))) if re.fullmatch(r"[0-9]+", digits) else None

    return of


def counted(count: Callable[[str], int], tell: Callable[[int], str]) -> Callable[[str], str | None]:
    return lambda r: tell(count(r)) if r else None


def words(r: str) -> int:
    return len(r.split())


ORACLE: dict[str, Callable[[str], str | None]] = {
    **{
        f"{name}_character": nth(k)
        for k, name in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"))
    },
    "last_character": lambda r: r[-1] if r else None,
    "first_and_second_character": lambda r: r[:2] if len(r) > 1 else None,
    "second_and_third_character": lambda r: r[1:3] if len(r) > 2 else None,
    "first_word": word(0),
    "second_word": word(1),
    "third_word": word(2),
    "last_word": lambda r: r.split()[-1] if r.split() else None,
    "first_word_reversed": lambda r: r.split()[0][::-1] if r.split() else None,
    "starts_with_vowel": begins("aeiou"),
    "starts_with_vowel_direct": begins("aeiou", "vowel", "no vowel"),
    "starts_with_abcde": begins("abcde", "yes", "no"),
    "starts_with_first_half_alphabet": begins("abcdefghijklm", "yes", "no"),
    "ends_with_vowel": lambda r: str(r[-1].lower() in "aeiou").lower() if r else None,
    "is_even": number(lambda x: x % 2 == 0),
    "is_odd": number(lambda x: x % 2 != 0),
    "greater_than_50": number(lambda x: x > 50),
    "greater_than_500": number(lambda x: x > 500),
    "is_even_direct": lambda r: (
        ("even" if int(r) % 2 == 0 else "odd") if re.fullmatch(r"[+-]?[0-9]+", r) else None
    ),
    **{
        f"is_{name}_digit_even": lambda r, k=k: (
            str(int(r[k]) % 2 == 0).lower() if len(r) > k and r[k] in "0123456789" else None
        )
        for k, name in enumerate(("first", "second", "third"))
    },
    "sum_of_digits": digit_sum(slice(None)),
    "sum_of_first_two_digits": digit_sum(slice(2)),
    "sum_of_last_two_digits": digit_sum(slice(-2, None)),
    "identity": lambda r: r or None,
    "identity_single_word": lambda r: r or None,
    "identity_reversed": lambda r: r[::-1] or None,
    "number_of_letters": counted(len, str),
    "number_of_words": counted(words, str),
    "more_than_3_characters": counted(len, lambda n: str(n > 3).lower()),
    "more_than_5_characters": counted(len, lambda n: str(n > 5).lower()),
    "more_than_10_words": counted(words, lambda n: str(n > 10).lower()),
    "how_many_words_bins": counted(
        words, lambda n: "1-10" if n <= 10 else "11-20" if n <= 20 else ">20"
    ),
}
