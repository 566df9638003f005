"""Which attention heads: how well a probe of each head's output reads a label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from console import plural
from reports.figures import Drawing, Figure, render
from reports.heatmaps import STEPS, head_map
from reports.markup import Html, join, tag
from reports.profiles import ALPHA, LABELS
from reports.sections.parts import interval_method, per, population, reasons, slug
from reports.study import Series, Study
from reports.swatches import bar
from reports.words import Row, number, plain, with_interval

TITLE = "Which attention heads carry it?"

FIGURES = {
    "right": "Heads that tell a right answer from a wrong one",
    "answer": "Heads that tell which option is right before the reply",
}
# Cells beyond this many would make the page heavy; the best maps come first.
MOST_CELLS, MOST_MAPS = 12_000, 30
# Maps of which the best head is said.
MOST_SAID = 3


@dataclass(frozen=True)
class Heads:
    """One model's heads for one concept, a row a layer."""

    series: Series
    concept: str
    rows: Sequence[Row]

    @property
    def best(self) -> Row:
        """Return the row of the layer with the best head."""
        return max(self.rows, key=lambda row: row["estimate"] or 0.0)

    @property
    def cells(self) -> int:
        """Return the number of heads in all layers."""
        return sum(len(row["auroc_by_head"]) for row in self.rows)

    @property
    def found(self) -> int:
        """Return how many of them are told apart from flipped labels."""
        return sum(row["found"] for row in self.rows)


def body(study: Study) -> Html | None:
    """Return the maps of heads of every question set whose heads were probed."""
    return per(study, study.probed, _part)


def _part(study: Study, dataset: str) -> Html | None:
    parts = [_label(study, dataset, label) for label in LABELS]
    return join(*parts) if any(parts) else None


def _label(study: Study, dataset: str, label: str) -> Html | None:
    answer = study.ask("heads", dataset=dataset, labels=[label])
    maps = _maps(study, answer.rows)
    if not maps:
        return None
    drawn = _affordable(maps)
    several = len({heads.series for heads in maps}) > 1
    notes: list[Html | str] = [*reasons(answer.rows)]
    if len(drawn) < len(maps):
        notes.insert(0, f"Drawn are the best {len(drawn)} of {len(maps)} maps.")
    subtitle = (
        "AUROC on held-out groups of a linear probe of each head's output, before heads are "
        f"mixed; {population(dataset, answer.rows, 'states')}; "
        f"{interval_method(answer.rows)}, in the table of the best head of each layer."
    )
    panels = [_panel(heads, drawn, several) for heads in drawn]
    key = f"heads-{label}-{slug(study, dataset)}"
    figure = Figure(key, FIGURES[label], subtitle, panels, answer, notes, small=True)
    return join(tag("p", _said(maps, label, several)), render(figure))


def _maps(study: Study, rows: Sequence[Row]) -> list[Heads]:
    """Return the maps of all models and concepts, that with the highest AUROC first."""
    found: dict[tuple[Series, str], list[Row]] = defaultdict(list)
    for row in rows:
        if series := study.series(row):
            found[series, row["concept"]].append(row)
    maps = [Heads(series, concept, own) for (series, concept), own in found.items()]
    return sorted(maps, key=lambda heads: -(heads.best["estimate"] or 0.0))


def _affordable(maps: Sequence[Heads]) -> list[Heads]:
    totals = accumulate(heads.cells for heads in maps)
    within = [heads for heads, total in zip(maps, totals, strict=True) if total <= MOST_CELLS]
    return within[:MOST_MAPS] or list(maps[:1])


def _panel(heads: Heads, all_of_them: Sequence[Heads], several: bool) -> Drawing:
    name = plain(heads.concept)
    nulls = [row["null_95"] for each in all_of_them for row in each.rows if row["null_95"]]
    ends = sorted({min(nulls), max(nulls)}) if nulls else []
    reach = " to ".join(dict.fromkeys(number(value, "number") for value in ends))
    marked = f"AUROC; the marks: 95% of flipped labels, best of all sites ({reach})"
    return Drawing(
        spec=head_map([row["layer"] for row in heads.rows],
                      [row["auroc_by_head"] for row in heads.rows]),
        words=_words(heads),
        rows=[_row(row) for row in heads.rows],
        series=[],
        marks=[bar(STEPS, marked if nulls else "AUROC", ends)],
        title=f"{name} · {heads.series.label}" if several else name,
        narrow=0,
    )  # fmt: skip


def _row(row: Row) -> dict[str, object]:
    best = f"head {row['best_head']}: {with_interval(row, 'number')}"
    return {"layer": row["layer"], "best head": best, "found": row["found"]}


def _named(heads: Heads) -> str:
    row = heads.best
    return f"head {row['best_head']} of layer {row['layer']}, {with_interval(row, 'number')}"


def _words(heads: Heads) -> str:
    return (
        f"{heads.found} of {plural(heads.cells, 'head')} told apart from flipped labels; the best "
        f"is {_named(heads)}."
    )


def _said(maps: Sequence[Heads], label: str, several: bool) -> str:
    """Return how many heads read the label, for the concepts with the best of them."""
    found = [heads for heads in maps if heads.found]
    what = f"{LABELS[label]} can be read"
    if not found:
        return f"{what} from no single head: none is told apart from flipped labels (p < {_p()})."
    who = [
        f"{plain(heads.concept)}{f' in {heads.series.label}' if several else ''} from "
        f"{heads.found} of {plural(heads.cells, 'head')} (best: {_named(heads)})"
        for heads in found[:MOST_SAID]
    ]
    more = len(found) - len(who)
    each = "maps" if several else "concepts"
    rest = f"; and for {more} more of {len(maps)} {each}" if more else ""
    silent = len(maps) - len(found)
    none = f" For {silent} of {len(maps)} {each} no head does so." if silent else ""
    return f"{what} from single heads (p < {_p()} over all sites): {'; '.join(who)}{rest}.{none}"


def _p() -> str:
    return f"{ALPHA:g}".removeprefix("0")
