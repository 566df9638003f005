"""The chart of calibration: shares predicted by shares of the answers, rank by rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.curves import Axes, Curve, curves
from reports.figures import Drawing, Figure, render
from reports.markup import Html
from reports.queries import Answer
from reports.sections.parts import slug
from reports.study import SHAPES, Series, Study
from reports.swatches import line, symbol
from reports.words import MINUS, Row, detail, plain, span

MOST_PANELS = 9
MUTED = "var(--muted)"
# Of ranks, not of models: first, second and third commonest value.
RANK_COLOURS = ("var(--ink)", "var(--muted)", "var(--link)")
RANKS = ("commonest value", "second commonest", "third commonest")
AXES = Axes(x=(0.0, 1.0), y=(0.0, 1.0), x_title="share of the answers", x_format=".0%",
            y_format=".0%", height=190)  # fmt: skip

# [x, y, number of items] by rank.
Points = list[list[list[float]]]


@dataclass
class Calibrated:
    """One predictor of one target: rows by property (None: all) and metric."""

    predictor: Series
    target: Series
    rows: dict[str | None, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def name(self) -> str:
        """Return who predicts whom."""
        if self.predictor == self.target:
            return f"{self.target.label} predicting itself"
        return f"{self.predictor.label} predicting {self.target.label}"

    @property
    def over_all(self) -> dict[str, Row]:
        """Return the estimates over all properties."""
        return self.rows.get(None, {})


def points_of(row: Row) -> Points:
    """Return the points of a row by rank; none where it has none."""
    ranks: Points = detail(row).get("points") or []
    return ranks


def figure_key(study: Study, dataset: str) -> str:
    """Return the key of the figure and of its rows."""
    return f"calibration-{slug(study, dataset)}"


def in_points(value: float) -> str:
    """Return a share in points with one decimal; calibration misses by few."""
    return f"{value * 100:.1f}".replace("-", MINUS)


def figure(study: Study, dataset: str, answer: Answer, made: Sequence[Calibrated]) -> Html | None:
    """Return the figure, None where no row holds points."""
    several = len({name for one in made for name in one.rows}) > 1
    drawn = [
        (f"{one.name}{_of(name) if several else ''}", row, points)
        for one in made
        for name, row in ((n, rows.get("mad")) for n, rows in one.rows.items())
        if row is not None and any(points := points_of(row))
    ]
    if not drawn:
        return None
    rows = [row for _, row, _ in drawn]
    prompts, strings = (span(row[name] for row in rows) for name in ("n", "n_clusters"))
    subtitle = (
        "Mean share of predictions that name a value, by the share of answers that have it; "
        f"values by how common they are; {dataset}, {prompts} prompts on {strings} strings. On the "
        "dashed line predictions are calibrated; points are means of bins, without intervals."
    )
    few = len(drawn) > MOST_PANELS
    notes = [f"Drawn are {MOST_PANELS} of {len(drawn)}; the table has all."] if few else []
    panels = [_panel(title, row, points) for title, row, points in drawn[:MOST_PANELS]]
    key, title = figure_key(study, dataset), "Shares predicted and shares given"
    return render(Figure(key, title, subtitle, panels, answer, notes, small=True))


def _of(name: str | None) -> str:
    return "" if name is None else f" · {plain(name)}"


def _panel(title: str, row: Row, points: Points) -> Drawing:
    looks = [Series(name, RANK_COLOURS[i], SHAPES[i])
             for i, name in enumerate(RANKS[: len(points)])]  # fmt: skip
    diagonal = Curve([0.0, 1.0], [0.0, 1.0], [], [], MUTED, dash="dashed")
    ranks = list(zip(looks, points, strict=False))
    drawn = [_curve(look, sorted(own)) for look, own in ranks if own]
    return Drawing(
        spec=curves([diagonal, *drawn], [], [], AXES),
        words=f"mean absolute deviation {in_points(row['estimate'])} points.",
        rows=[
            {"value": look.label, "share of answers": p[0], "share predicted": p[1],
             "prompts": p[2] if len(p) > 2 else None}
            for look, own in ranks
            for p in own
        ],
        series=[symbol(look) for look in looks],
        marks=[line((4, 3), "calibrated")],
        title=title,
        narrow=230,
    )  # fmt: skip


def _curve(look: Series, points: Sequence[Sequence[float]]) -> Curve:
    none = [None] * len(points)
    return Curve([p[0] for p in points], [p[1] for p in points], none, none, look.colour,
                 look.shape)  # fmt: skip
