"""Whether models know themselves, in words: both estimands, how sure, and what could be missed."""

from __future__ import annotations

from collections.abc import Sequence

from console import plural
from reports.markup import Html, tag
from reports.predictions import FOUND, Contest, Knower, Verdict
from reports.words import Row, number, p_text, percent, sentence_list

# Models up to which each gets a paragraph, and up to which each gets a line.
FULL_TEXT, LINES = 2, 6

BETTER = "predicts its own answers better than {} does"
NOT_SHOWN = "is not shown to predict its own answers better than {} does"
HEADS: dict[Verdict, str] = {
    "yes": BETTER, "plain": BETTER, "uncrossed": BETTER,
    "no": NOT_SHOWN,
    "worse": "predicts its own answers worse than {} does",
    "unknown": "was predicted by itself and by {}, without a test of the difference",
}  # fmt: skip
SHORT: dict[Verdict, str] = {
    "yes": "yes",
    "plain": "better than others, not compared crosswise",
    "uncrossed": "better than others, but not in the crossed form",
    "no": "no advantage found",
    "worse": "others predict it better",
    "unknown": "no test",
}
FAIR = "which a merely better predictor does not inflate"


def told(found: Sequence[Knower]) -> Html:
    """Return a paragraph a model, a line a model, or a line a verdict, as there is room."""
    if len(found) <= FULL_TEXT:
        body = [tag("p", *_paragraph(knower)) for knower in found]
    else:
        lines = map(_line, found) if len(found) <= LINES else _by_verdict(found)
        listed = [tag("li", *line) for line in lines]
        body = [tag("p", _summary(found)), tag("ul", *listed, class_="models")]
    return tag("div", *body, class_="said")


def gain(row: Row, unit: str = " points") -> str:
    """Return a difference with its interval (`+8 points [+3, +12]`)."""
    if row["estimate"] is None:
        return "no estimate"
    value = f"{number(row['estimate'], 'points')}{unit}"
    if row["ci_low"] is None:
        return f"{value} (no interval)"
    return f"{value} [{number(row['ci_low'], 'points')}, {number(row['ci_high'], 'points')}]"


def gains(rows: Sequence[Row], unit: str = " points") -> str:
    """Return differences as a range, a single one with its interval."""
    values = sorted(row["estimate"] for row in rows if row["estimate"] is not None)
    if len(values) < 2:
        return gain(rows[0], unit)
    low, high = (number(value, "points") for value in (values[0], values[-1]))
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def _paragraph(knower: Knower) -> list[Html | str]:
    contest, verdict = knower.main, knower.verdict
    head = HEADS[verdict].format(contest.rival.label)
    strings = f", {plural(contest.plain['n_clusters'] or 0, 'string')}"
    return [
        tag("strong", knower.series.label), f" {head}: ", _shares(knower, contest),
        f"{gain(contest.plain)}, {_p(contest.plain)}{strings}. ", _crossed(contest, verdict),
        _missed([contest]) if verdict == "no" else "",
        _others(knower), _kin(knower),
    ]  # fmt: skip


def _shares(knower: Knower, contest: Contest) -> str:
    own, rival = knower.own, contest.cells.get("macro_accuracy")
    if not own or not rival or None in (own["estimate"], rival["estimate"]):
        return ""
    return f"{percent(own['estimate'])} right against {percent(rival['estimate'])}, "


def _p(row: Row) -> str:
    return f"adjusted p {p_text(row['p_adjusted'])}"


def _crossed(contest: Contest, verdict: Verdict) -> str:
    row = contest.crossed_row
    if row is None:
        doubt = ": it may only be the better predictor" if verdict == "plain" else ""
        return f"No crossed comparison was made{doubt}. "
    said = f"{gain(row)}, {_p(row)}"
    if verdict == "uncrossed":
        return f"But the crossed form, {FAIR}, is {said}: it may only be the better predictor. "
    if verdict in ("no", "worse") and contest.crossed_side == "above":
        return (
            f"The crossed form, of both models together, is {said}, which the other one can bring "
            "about alone. "
        )
    return f"The crossed form, {FAIR}, is {said}. "


def _missed(contests: Sequence[Contest]) -> str:
    """Return how large an advantage could have been missed."""
    plain = [contest.plain["smallest_detectable"] for contest in contests]
    fair = [c.crossed_row for c in contests if c.crossed_side != "above"]
    crossed = [row["smallest_detectable"] for row in fair if row is not None]
    known, known_crossed = ([v for v in values if v is not None] for values in (plain, crossed))
    if not known:
        return ""
    beside = f" (crossed {_extent(known_crossed)})" if known_crossed else ""
    return f"Advantages below {_extent(known)} points{beside} could have been missed. "


def _extent(values: Sequence[float]) -> str:
    low, high = (_points(end(values)) for end in (min, max))
    return low if low == high else f"{low} to {high}"


def _points(value: float) -> str:
    """Return a size in points; below one point a whole number would say nothing."""
    return f"{value * 100:.0f}" if value >= 0.0095 else f"{value * 100:.1g}"


def _others(knower: Knower) -> str:
    rest = [c for c in knower.judging if c is not knower.main]
    if not rest:
        return ""
    # Which models are the better ones must be said, wherever there are any.
    names = sentence_list([contest.rival.label for contest in rest])
    whom = names if len(rest) <= FULL_TEXT else f"the other {len(rest)} models"
    return f"Against {whom}: {gains([contest.plain for contest in rest])}. "


def _kin(knower: Knower) -> str:
    kin = knower.kin
    if not kin:
        return ""
    names = sentence_list([contest.rival.label for contest in kin])
    whom = names if len(kin) <= FULL_TEXT else plural(len(kin), "model")
    return f"Against {whom} of its own base: {gains([contest.plain for contest in kin])}. "


def _better_kin(knower: Knower) -> str:
    """Return which models of its own base predict it better than it does itself."""
    better = [contest for contest in knower.kin if contest.side == "below"]
    if not better:
        return ""
    names = sentence_list([contest.rival.label for contest in better])
    verb = "predicts" if len(better) == 1 else "predict"
    return f"{names}, of its own base, {verb} it better ({gains([c.plain for c in better])}). "


def _summary(found: Sequence[Knower]) -> str:
    sure = sum(knower.verdict == "yes" for knower in found)
    if not sure:
        return f"None of {len(found)} models is shown to know itself better than others know it."
    know = "knows itself" if sure == 1 else "know themselves"
    whom = "it" if sure == 1 else "them"
    return f"{sure} of {len(found)} models {know} better than others know {whom}."


def _line(knower: Knower) -> list[Html | str]:
    contest = knower.main
    row = _own_crossed(knower)
    crossed = f", crossed {gain(row, '')}" if row is not None else ""
    p = p_text(contest.plain["p_adjusted"]) + (f" and {p_text(row['p_adjusted'])}" if row else "")
    return [
        tag("strong", knower.series.label), f" {SHORT[knower.verdict]}: ",
        f"{gain(contest.plain)} over {contest.rival.label}{crossed} (adjusted p {p}). ",
        _missed([contest]) if knower.verdict == "no" else "", _better_kin(knower),
    ]  # fmt: skip


def _own_crossed(knower: Knower) -> Row | None:
    """Return the crossed form unless it may be the other model's doing alone."""
    contest = knower.main
    others = knower.verdict not in FOUND and contest.crossed_side == "above"
    return None if others else contest.crossed_row


def _by_verdict(found: Sequence[Knower]) -> list[list[Html | str]]:
    groups: dict[Verdict, list[Knower]] = {}
    for knower in found:
        groups.setdefault(knower.verdict, []).append(knower)
    return [_group(verdict, own) for verdict, own in groups.items()]


def _group(verdict: Verdict, own: Sequence[Knower]) -> list[Html | str]:
    contests = [knower.main for knower in own]
    fair = [row for knower in own if (row := _own_crossed(knower)) is not None]
    crossed = f", crossed {gains(fair, '')}" if fair else ""
    names = sentence_list([knower.series.label for knower in own])
    return [
        tag("strong", f"{SHORT[verdict].capitalize()} ({len(own)})"), f": {names}; ",
        f"{gains([contest.plain for contest in contests])} over the closest{crossed}. ",
        _missed(contests) if verdict == "no" else "",
    ]  # fmt: skip
