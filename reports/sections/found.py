"""What probes of the residual stream found, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from console import plural
from reports.markup import Html, tag
from reports.profiles import LABELS, NAMES, Profile, by_series, names, where
from reports.sections.said import FULL_TEXT
from reports.words import number, p_text, plain, sentence_list, with_interval


def found_text(found: Sequence[Profile], label: str) -> Html:
    """Return a paragraph a model for one or two models, a line a model beyond."""
    models = by_series(found)
    if len(models) <= FULL_TEXT:
        body = [
            tag("p", tag("strong", series.label), ": ", *_paragraph(own, label))
            for series, own in models.items()
        ]
    else:
        lines = [
            tag("li", tag("strong", series.label), ": ", _counts(own))
            for series, own in models.items()
        ]
        body = [tag("p", f"{LABELS[label]} can be read linearly from the residual stream:"),
                tag("ul", *lines, class_="models")]  # fmt: skip
    return tag("div", *body, class_="said")


def in_short(found: Sequence[Profile], label: str) -> str:
    """Return one sentence on all models."""
    counts = [f"of {series.label} {_clear_of(own)}" for series, own in by_series(found).items()]
    stream = f"can be read linearly from the residual stream {sentence_list(counts)}"
    return f"{LABELS[label]} {stream}."


def _clear_of(own: Sequence[Profile]) -> str:
    return f"for {len(_of(own, 'clear'))} of {plural(len(own), 'concept')}"


def _of(own: Sequence[Profile], verdict: str) -> list[Profile]:
    return [profile for profile in own if profile.verdict == verdict]


def _paragraph(own: Sequence[Profile], label: str) -> list[str]:
    what = LABELS[label][0].lower() + LABELS[label][1:]
    return [
        f"{what} ", _clear(_of(own, "clear"), len(own)), _surface(_of(own, "surface")),
        _null(_of(own, "null")), _unknown(_of(own, "unknown")),
    ]  # fmt: skip


def _clear(clear: Sequence[Profile], all_of_them: int) -> str:
    if not clear:
        many = f"any of {plural(all_of_them, 'concept')}" if all_of_them > 1 else "this concept"
        return f"is not shown to be readable from the residual stream for {many}. "
    readable = "can be read linearly from the residual stream"
    count = f" for {len(clear)} of {plural(all_of_them, 'concept')}:" if all_of_them > 1 else " for"
    return f"{readable}{count} {_places(clear)} ({_best(clear)}). "


def _places(clear: Sequence[Profile]) -> str:
    """Return the concepts by the layers at which they are found, those of the same together."""
    groups: dict[str, list[Profile]] = defaultdict(list)
    for profile in clear:
        groups[where(profile.clear, list(profile.rows))].append(profile)
    return "; ".join(f"{names(own)} {place}" for place, own in groups.items())


def _best(own: Sequence[Profile]) -> str:
    rows = [profile.best for profile in own if profile.best]
    if len(rows) == 1:
        return f"AUROC {with_interval(rows[0], 'number')} at layer {rows[0]['layer']}"
    low, high = (number(end(row["estimate"] for row in rows), "number") for end in (min, max))
    return f"best AUROC {low}" if low == high else f"best AUROC {low} to {high}"


def _surface(own: Sequence[Profile]) -> str:
    if not own:
        return ""
    said = [f"{plain(profile.concept)} ({_beside(profile)})" for profile in own]
    return f"Found, but not above every baseline, so a shortcut may explain it: {'; '.join(said)}. "


def _beside(profile: Profile) -> str:
    row = profile.best
    if row is None:
        return "no estimate"
    rivals = profile.baselines(row["layer"])
    name = max(rivals, key=lambda key: rivals[key], default=None)
    rival = f", {NAMES[name]} {number(rivals[name], 'number')}" if name else ""
    return f"{with_interval(row, 'number')}{rival}"


def _null(own: Sequence[Profile]) -> str:
    if not own:
        return ""
    least = min(
        row["p_adjusted"] for p in own for row in p.rows.values() if row["p_adjusted"] is not None
    )
    more = " or more" if least <= 0.9995 else ""
    return (
        f"Not told apart from flipped labels: {names(own, 'or')} ({_best(own)}, adjusted p "
        f"{p_text(least)}{more}). "
    )


def _unknown(own: Sequence[Profile]) -> str:
    return f"No test for {names(own)}. " if own else ""


COUNTED = {
    "clear": "for {} of {} above every baseline",
    "surface": "for {} no better than a baseline",
    "null": "for {} not told apart from flipped labels",
    "unknown": "for {} without a test",
}


def _counts(own: Sequence[Profile]) -> str:
    parts = [
        text.format(len(some), plural(len(own), "concept"))
        for verdict, text in COUNTED.items()
        if (some := _of(own, verdict)) or verdict == "clear"
    ]
    return ", ".join(parts) + f" ({_best(own)})." if any(p.best for p in own) else "no estimate."
