"""Audits that look for rows which cannot be what their author meant."""

from __future__ import annotations

import polars as pl

from ingest.findings import Finding, example, flagged
from ingest.options import lists_options

_OPTIONS = pl.col("choices").list
_EVERYTHING = pl.concat_str("stem", _OPTIONS.join("\n"), separator="\n")
_REPEATED_STEM = ~pl.col("stem").is_first_distinct()
_REPEATED_QUESTION = ~pl.col("question_id").is_first_distinct()
_FOLDED = _OPTIONS.eval(pl.element().str.strip_chars().str.to_lowercase())
# Template slots that nobody filled: {name}, {{name}}, <NAME>, %s.
_PLACEHOLDER = r"\{\{?[A-Za-z_]\w*\}?\}|<[A-Z][A-Z_]{2,}>|%s\b"
# U+FFFD, and UTF-8 once read as Mac Roman or Windows-1252: é as √© or Ã©, ’ as â€™.
_DAMAGE = r"\x{FFFD}|√[^\x00-\x7f\s]|Ã[\x{80}-\x{BF}]|â€"


def duplicate_questions(frame: pl.DataFrame) -> Finding | None:
    """Rows whose stem and options, in order, stood in an earlier row; stored once."""
    what = "repeat an earlier question word for word; each is stored once."
    return flagged(frame, _REPEATED_QUESTION, "warning", what)


def duplicate_stems(frame: pl.DataFrame) -> Finding | None:
    """Rows whose stem stood in an earlier row, with the same or with other options."""
    hits = frame.filter(_REPEATED_STEM)
    if hits.is_empty():
        return None
    pairs = frame.with_columns(options=_FOLDED.list.sort())
    exact = frame.filter(_REPEATED_QUESTION).height
    same = pairs.filter(~pl.struct("stem", "options").is_first_distinct()).height
    detail = (
        f"{hits.height:,} of {frame.height:,} rows repeat an earlier stem: {exact:,} exactly, "
        f"{same - exact:,} with the options reordered or in other case, "
        f"{hits.height - same:,} with other options."
    )
    return Finding("info", hits.height, frame.height, example(hits), detail)


def conflicting_answers(frame: pl.DataFrame) -> Finding | None:
    """Rows whose stem and options another row answers differently."""
    labelled = frame.filter(pl.col("right").is_not_null()).with_columns(
        options=_FOLDED.list.sort(), text=_FOLDED.list.get(pl.col("right"))
    )
    both = pl.col("text").n_unique().over("stem", "options") > 1
    what = "have the stem and options of another row but another right answer."
    return flagged(labelled, both, "error", what)


def identical_options(frame: pl.DataFrame) -> Finding | None:
    """Rows with two equal options: their right letter is a coin flip."""
    what = "have equal options: their right letter is a coin flip."
    distinct = _OPTIONS.eval(pl.element().str.strip_chars()).list.n_unique()
    return flagged(frame, distinct < _OPTIONS.len(), "warning", what)


def missing_answers(frame: pl.DataFrame) -> Finding | None:
    """Rows without a label, which no accuracy can use."""
    return flagged(frame, pl.col("answer").is_null(), "warning", "have no right answer.")


def glued_options(frame: pl.DataFrame) -> Finding | None:
    """Rows whose first option followed the stem without a line break."""
    glued = pl.col("metadata").str.contains('"glued_options":true', literal=True)
    return flagged(frame, glued, "info", "had their options glued to the stem; taken apart.")


def embedded_lists(frame: pl.DataFrame) -> Finding | None:
    """Rows whose stem lists options of another question, which are not the ones asked."""
    listed = pl.col("stem").map_elements(lists_options, return_dtype=pl.Boolean)
    return flagged(frame, listed, "info", "quote a list of options inside the stem.")


def unfilled_placeholders(frame: pl.DataFrame) -> Finding | None:
    """Rows with a template slot that was never filled."""
    what = "hold what looks like an unfilled template slot."
    return flagged(frame, _EVERYTHING.str.contains(_PLACEHOLDER), "warning", what)


def encoding_damage(frame: pl.DataFrame) -> Finding | None:
    """Rows with the traces of text decoded wrongly before it came here."""
    what = "hold U+FFFD or letters that were decoded wrongly before they came here."
    return flagged(frame, _EVERYTHING.str.contains(_DAMAGE), "warning", what)


def unbalanced_quotes(frame: pl.DataFrame) -> Finding | None:
    """Rows with an option whose double quotes do not pair up."""
    odd = _OPTIONS.eval(pl.element().str.count_matches('"', literal=True) % 2 == 1).list.any()
    return flagged(frame, odd, "info", "have an option with an unpaired double quote.")


def trailing_space(frame: pl.DataFrame) -> Finding | None:
    """Rows whose stem or an option begins or ends in blanks, which changes its tokens."""
    stem = pl.col("stem") != pl.col("stem").str.strip_chars()
    padded = _OPTIONS.eval(pl.element() != pl.element().str.strip_chars()).list.any()
    return flagged(frame, stem | padded, "info", "begin or end in blanks.")


def non_ascii(frame: pl.DataFrame) -> Finding | None:
    """Rows with characters outside ASCII, which a loader without an encoding breaks."""
    what = "hold characters outside ASCII; files are always read as UTF-8."
    return flagged(frame, _EVERYTHING.str.contains(r"[^\x00-\x7f]"), "info", what)


def mixed_case_options(frame: pl.DataFrame) -> Finding | None:
    """Rows whose options stand elsewhere in the concept in another case."""
    options = frame.with_columns(
        folded=_FOLDED.list.sort(), raw=_OPTIONS.eval(pl.element().str.strip_chars()).list.sort()
    )
    # Sorting after folding and before it may disagree on the order, never on the set.
    mixed = pl.col("raw").n_unique().over("folded") > 1
    return flagged(options, mixed, "info", "have options that stand elsewhere in another case.")
