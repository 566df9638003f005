"""What steering did, in words and in tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from console import plural
from reports.markup import Html, join, tag
from reports.profiles import LABELS, STREAM, profiles
from reports.pushes import Push, Verdict, varying
from reports.study import Study
from reports.tables import present, shortened, unbroken
from reports.words import Row, number, p_text, percent, plain, sentence_list, with_interval

# More sentences than this would be a wall; the tables hold every direction.
MOST_SAID = 6

VERDICTS: dict[Verdict, tuple[str, str]] = {
    "controls": ("controls the answer", "control the answer"),
    "other way": (
        "moves the answer against its meaning", "move the answer against their meaning",
    ),
    "moves": (
        "moves the answer, but not as a trend over doses",
        "move the answer, but not as a trend over doses",
    ),
    "within": (
        "has a trend, but stays within the band of random pushes of the same length",
        "have a trend, but stay within the band of random pushes of the same length",
    ),
    "inert": (
        "is not distinguishable from random pushes of the same length",
        "are not distinguishable from random pushes of the same length",
    ),
    "untested": (
        "is not tested, for lack of doses or of random directions",
        "are not tested, for lack of doses or of random directions",
    ),
}  # fmt: skip


def pushed_text(study: Study, dataset: str, found: Sequence[Push]) -> Html:
    """Return how many directions did what, and a line on each of the first."""
    probes = _decodable(study, dataset, found)
    lines = [tag("li", *_line(push, probes.get(i))) for i, push in enumerate(found[:MOST_SAID])]
    head = tag("p", in_short(found)) if len(found) > 1 else None
    return tag("div", head, tag("ul", *lines, class_="models"), class_="said")


def in_short(found: Sequence[Push]) -> str:
    """Return one sentence on all directions."""
    if len(found) == 1:
        only = found[0]
        return f"Steering along {only.name} ({plain(only.about['concept'])}) {said(only)}."
    counts = Counter(push.verdict for push in found)
    if len(counts) == 1:
        return f"The {len(found)} directions steered along {VERDICTS[found[0].verdict][1]}."
    parts = [f"{counts[key]} {texts[counts[key] > 1]}"
             for key, texts in VERDICTS.items() if counts[key]]  # fmt: skip
    return f"Of {len(found)} directions steered along, {sentence_list(parts)}."


def said(push: Push) -> str:
    """Return what the tests say about a push."""
    return VERDICTS[push.verdict][0]


def pushed_tables(study: Study, found: Sequence[Push]) -> Html:
    """Return every direction with its tests, and what each of its doses costs."""
    names = ["concept", *(name for name in varying(found) if name != "concept")]
    tests = [{**_who(push, names), **_tests(push)} for push in found]
    costs = [
        {**_who(push, names), **_costs(push, dose)}
        for push in found
        for dose in push.at.get("shift", {})
    ]
    return join(*(
        tag("div", shortened(present(rows), caption, study.lean), class_="block tall")
        for rows, caption in ((tests, TESTS), (costs, COSTS)) if rows
    ))  # fmt: skip


TESTS = (
    "Every direction: the slope of the shift over doses, its rank and that of the greatest "
    "distance among random directions by the same step; each p is the greatest of the families"
)
COSTS = (
    "What it costs at each dose: divergence of the next-token distribution from the unsteered one, "
    "share of right answers, and change of the log-probability of the right option's text"
)


def _decodable(study: Study, dataset: str, found: Sequence[Push]) -> dict[int, Row]:
    """Return, by a push's place in the list, the probe that reads its label where it pushes."""
    labels = {push.about["label"] for push in found} & set(LABELS)
    probed = {
        (label, profile.series, profile.concept, layer): profile.rows[layer]
        for label in sorted(labels)
        for profile in profiles(study, dataset, label)[1]
        for layer in profile.found
    }
    keys = [(push.about["label"], push.series, push.about["concept"], push.about["layer"])
            for push in found]  # fmt: skip
    return {
        i: probed[key]
        for i, key in enumerate(keys)
        if key in probed and found[i].about["site"] == STREAM
    }


def _line(push: Push, probe: Row | None) -> list[Html | str]:
    about = f" ({plain(push.about['concept'])}, {push.place}, {push.about['reading']} reading) "
    verdict = said(push)
    if push.verdict in ("inert", "within") and probe:
        verdict = f"is decodable there (AUROC {number(probe['estimate'], 'number')}), but {verdict}"
    return [tag("strong", push.name), about, verdict, _size(push), _tested(push)]


def _size(push: Push) -> str:
    if push.slope is None:
        alone = push.at.get("shift", {}).get(None)
        return f": {with_interval(alone, 'nats')} nats" if alone else ""
    unit = "a standard deviation" if push.about["edit"] == "add" else "a unit of dose"
    return f": {with_interval(push.slope, 'nats')} nats {unit}"


def _tested(push: Push) -> str:
    if push.verdict == "untested":
        return "."
    beside = plural(sum(push.families.values()), "random direction")
    many = f" in {plural(len(push.families), 'family', 'families')}" if push.families else ""
    ps = f"trend p {p_text(push.trend_p)}, distance p {p_text(push.outside_p)}"
    return f" ({ps}, against {beside}{many})."


def _who(push: Push, names: Sequence[str]) -> dict[str, object]:
    return {
        "direction": push.name,
        **{name: push.told[name] for name in names},
        "where": unbroken(push.place),
    }


def _tests(push: Push) -> dict[str, object]:
    return {
        "nats a unit of dose": unbroken(with_interval(push.slope, "nats") if push.slope else None),
        "trend p": p_text(push.trend_p),
        "distance p": p_text(push.outside_p),
        "random directions": sum(push.families.values()) or None,
        "verdict": said(push),
    }


def _costs(push: Push, dose: float | None) -> dict[str, object]:
    at = {metric: rows[dose]["estimate"] for metric, rows in push.at.items() if dose in rows}
    right = at.get("correct")
    return {
        "dose": dose,
        "shift (nats)": unbroken(with_interval(push.at["shift"][dose], "nats")),
        "KL (nats)": at.get("kl"),
        "right": None if right is None else percent(right),
        "right text (nats)": at.get("text_shift"),
    }
