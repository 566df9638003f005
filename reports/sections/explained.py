"""What would explain self-knowledge away: guessing, kin, replies not read, commoner answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from reports.markup import Html, join, tag
from reports.predictions import (
    CEILING,
    DIFFERING,
    FOUND,
    GUESSES,
    REBALANCED,
    Contest,
    Knower,
)
from reports.sections.knows import gain, gains
from reports.words import Row, percent, sentence_list, with_interval

# Replies of which less than this share was read may hide what is known.
READ = 0.95
# Models up to which their names are said.
MOST_NAMED = 3
NAMES = {"macro_mode_baseline": "the commonest answer", "macro_input_only": "the input alone"}


class Check(NamedTuple):
    """Whether an explanation is ruled out (None: not known), and the numbers that say so.

    `least` is the number by which it is, or is not, ruled out the least.
    """

    out: bool | None
    said: str
    least: float = 0.0


def explained(found: Sequence[Knower]) -> Html | None:
    """Return what is ruled out and what is not, for the models of which an advantage was found."""
    better = [knower for knower in found if knower.verdict in FOUND]
    if not better:
        return _hidden(found)
    lines = [line for name, check in CHECKS.items() if (line := _line(name, check, better))]
    ceiling = _ceiling(better)
    body = [tag("p", "What would explain it away:"), tag("ul", *(tag("li", x) for x in lines))]
    return tag("div", *body, tag("p", ceiling) if ceiling else None, class_="said")


def _line(
    name: str, check: Callable[[Knower], Check | None], better: Sequence[Knower]
) -> Html | None:
    made = {knower.series.label: told for knower in better if (told := check(knower))}
    if not made:
        return None
    clauses = [
        _clause(name, verb, {label: told for label, told in made.items() if told.out is out}, made)
        for out, verb in ((True, "does not"), (False, "might"), (None, "cannot be judged"))
        if any(told.out is out for told in made.values())
    ]
    return join(tag("strong", name), f" {'; it '.join(clauses)}.")


def _clause(name: str, verb: str, some: Mapping[str, Check], made: Mapping[str, Check]) -> str:
    """Return what is true of some of the models, with their names where it is not true of all."""
    if len(made) == 1:
        return f"{verb}: {next(iter(some.values())).said}"
    all_of = f" for {'any of' if verb == 'does not' else 'all'} {len(made)} models"
    whose = all_of if len(some) == len(made) else f" for {_named(some)}"
    return f"{verb}{whose}: {_together(name, list(some.values()))}"


def _named(some: Mapping[str, Check]) -> str:
    return sentence_list(list(some)) if len(some) <= MOST_NAMED else f"{len(some)} models"


def _together(name: str, made: Sequence[Check]) -> str:
    """Return the numbers of one model, what all are told, or the least of all."""
    if len({check.said for check in made}) == 1:
        return made[0].said
    least = min(check.least for check in made)
    return EVERY[name] if name in EVERY and least == 1 else LEAST[name].format(least * 100)


def _guessing(knower: Knower) -> Check | None:
    rows = {name: row for name in GUESSES if (row := knower.guesses.get(name))}
    known = {name: row for name, row in rows.items() if row["estimate"] is not None}
    own = knower.own
    if not rows or not _known(own):
        return None
    if not known:
        why = next(row["reason"] for row in rows.values())
        return Check(None, why or "no estimate")
    guesses = sentence_list([f"{NAMES[n]} gets {_share(row)}" for n, row in known.items()])
    best = max(row["ci_high"] or row["estimate"] for row in known.values())
    clear = own["ci_low"] is not None and own["ci_low"] > best
    return Check(clear, f"{guesses}, the model itself {_share(own)}", own["estimate"] - best)


def _share(row: Row) -> str:
    return with_interval(row, "share")


def _same_base(knower: Knower) -> Check | None:
    """Return whether models of its own base, which should know it best, predict it as well."""
    if not knower.kin:
        return None
    rows = [contest.plain for contest in knower.kin]
    who = sentence_list([contest.rival.label for contest in knower.kin])
    clear = all(contest.side == "above" for contest in knower.kin)
    known = [row["estimate"] for row in rows if row["estimate"] is not None]
    return Check(clear, f"over {who} its advantage is {gains(rows)}", min(known, default=0.0))


def _unread(knower: Knower) -> Check | None:
    """Return whether predictions that could not be read, which count as wrong, are too few."""
    contest = knower.main
    own, rival = (cells.get("prediction_compliance") for cells in (knower.cells, contest.cells))
    answers = knower.cells.get("answer_compliance")
    if not _known(own) or not _known(rival):
        return None
    low = contest.plain["ci_low"]
    clear = low is not None and 1 - rival["estimate"] < low
    of_answers = f"{percent(answers['estimate'])} of its answers, " if _known(answers) else ""
    return Check(
        clear,
        f"read were {of_answers}{percent(own['estimate'])} of its predictions and "
        f"{percent(rival['estimate'])} of those by {contest.rival.label}",
        min(own["estimate"], rival["estimate"]),
    )


def _known(row: Row | None) -> TypeGuard[Row]:
    return row is not None and row["estimate"] is not None


def _variant(metric: str, what: str) -> Callable[[Knower], Check | None]:
    """Return the check that a crossed advantage holds on a part of the items."""

    def check(knower: Knower) -> Check | None:
        contest: Contest = knower.main
        if contest.crossed_row is None:
            return Check(None, "no crossed comparison was made")
        row = contest.least(metric)
        if row is None:
            missing = contest.crossed.get(metric)
            return Check(None, (missing[0]["reason"] if missing else None) or "no estimate")
        clear = row["ci_low"] is not None and row["ci_low"] > 0
        return Check(clear, f"{what} the crossed form is {gain(row)}", row["estimate"])

    return check


# What is said of several models, all of which an explanation leaves alone.
LEAST = {
    "Guessing": "accuracy less that of the best guess is {:+.0f} points or more",
    "Sharing a base": "advantages over models of the same base are {:+.0f} points or more",
    "What could not be read": "{:.0f}% or more of all predictions were read",
    "A value that one model gives oftener": "rebalanced, the crossed form is {:+.0f} or more",
    "An answer that both models give": "where the two differ, the crossed form is {:+.0f} or more",
}
# The same where the least is all there can be.
EVERY = {"What could not be read": "all predictions were read"}
CHECKS: dict[str, Callable[[Knower], Check | None]] = {
    "Guessing": _guessing,
    "Sharing a base": _same_base,
    "What could not be read": _unread,
    "A value that one model gives oftener": _variant(REBALANCED, "with answers rebalanced"),
    "An answer that both models give": _variant(DIFFERING, "only where the two differ"),
}


def _ceiling(better: Sequence[Knower]) -> str:
    """Return what bounds any prediction: how often two draws of an answer agree."""
    rows = {k.series.label: row for k in better if _known(row := k.guesses.get(CEILING))}
    if not rows:
        return ""
    said = [f"{_share(row)} ({label})" if len(rows) > 1 else _share(row)
            for label, row in rows.items()]  # fmt: skip
    return f"Two draws of one answer agree in {sentence_list(said)}, which bounds any prediction."


def _hidden(found: Sequence[Knower]) -> Html | None:
    """Return what may hide an advantage where none was found."""
    unread = [
        f"{knower.series.label} ({percent(row['estimate'])})"
        for knower in found
        if _known(row := knower.cells.get("prediction_compliance")) and row["estimate"] < READ
    ]
    if not unread:
        return None
    return tag(
        "p",
        "An advantage may be hidden where few predictions of its own answers could be read, since "
        f"the others count as wrong: {sentence_list(unread)}.",
    )
