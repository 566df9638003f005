"""Does more training help: accuracy by the size of the training set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.curves import Axes, Curve, curves
from reports.figures import Drawing, Figure, render
from reports.markup import Html
from reports.sections.parts import interval_method, per, slug
from reports.study import COLOURS, SHAPES, Series, Study
from reports.swatches import symbol
from reports.words import Row, percent, span, with_interval

TITLE = "Does more training help?"

MOST_PANELS = 9
ITSELF = "Each model predicting itself"


@dataclass(frozen=True)
class Line:
    """What one curve is of: models of a base, trained by one recipe with one seed."""

    base: str
    recipe: str | None
    seed: int | None


def body(study: Study) -> Html | None:
    """Return the curves of every question set; None without models trained on several sizes."""
    return per(study, study.predicted, _part)


def _part(study: Study, dataset: str) -> Html | None:
    answer = study.ask("scaling", dataset=dataset)
    found = _panels(study, answer.rows)
    if not found:
        return None
    lines = list(dict.fromkeys(line for own in found.values() for line in own))
    looks = _looks(lines)
    drawn = dict(list(found.items())[:MOST_PANELS])
    rows = [row for own in drawn.values() for points in own.values() for row in points]
    axes = _axes(rows)
    items, strings = (span(row[name] for row in rows) for name in ("n", "n_clusters"))
    subtitle = (
        "Share of right predictions, mean over properties, by the number of rows that the "
        f"predictor was trained on (logarithmic); {dataset}, {items} items on {strings} strings; "
        f"{interval_method(rows)}. A curve joins models of one base, recipe and seed."
    )
    few = len(found) > len(drawn)
    notes = [f"Drawn are {len(drawn)} of {len(found)} targets; the table has all."] if few else []
    panels = [_panel(title, own, looks, axes) for title, own in drawn.items()]
    figure = Figure(f"scaling-{slug(study, dataset)}", "Accuracy by size of the training set",
                    subtitle, panels, answer, notes, small=True)  # fmt: skip
    return render(figure)


def _panels(study: Study, rows: Sequence[Row]) -> dict[str, dict[Line, list[Row]]]:
    """Return what is predicted with its curves; those of one size are no curves."""
    found: dict[str, dict[Line, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        target = study.series(row, "other_")
        if target is None or row["estimate"] is None:
            continue
        line = Line(row["base"], row["recipe"], row["seed"])
        found[f"Predicting {target.label}"][line].append(row)
        if row["model_id"] == row["other_model_id"]:
            found[ITSELF][line].append(row)
    kept = {
        title: {line: own for line, own in lines.items() if len(_sizes(own)) > 1}
        for title, lines in found.items()
    }
    return {title: kept[title] for title in sorted(kept, key=_place) if kept[title]}


def _place(title: str) -> tuple[bool, str]:
    return title != ITSELF, title


def _sizes(rows: Sequence[Row]) -> list[int]:
    return sorted({row["n_rows"] for row in rows})


def _looks(lines: Sequence[Line]) -> dict[Line, Series]:
    """Return every curve's name, colour and shape: a base, and what tells its curves apart."""
    bases = list(dict.fromkeys(line.base for line in lines))
    made = {}
    for line in lines:
        own = [other for other in lines if other.base == line.base]
        several = f", seed {line.seed}" if len({one.seed for one in own}) > 1 else ""
        recipes = list(dict.fromkeys(one.recipe for one in own))
        recipe = f", recipe {recipes.index(line.recipe) + 1}" if len(recipes) > 1 else ""
        shuffled = ", shuffled labels" if '"shuffle_labels":true' in (line.recipe or "") else ""
        colour = f"var(--c{bases.index(line.base) % COLOURS})"
        shape = SHAPES[lines.index(line) % len(SHAPES)]
        made[line] = Series(f"{line.base}{shuffled or recipe}{several}", colour, shape)
    return made


def _axes(rows: Sequence[Row]) -> Axes:
    sizes = _sizes(rows)
    # Labels of more sizes would run into each other.
    ticks = sizes if len(sizes) <= 5 else [sizes[0], sizes[len(sizes) // 2], sizes[-1]]
    return Axes(x=(sizes[0], sizes[-1]), y=(0.0, 1.0), x_title="training rows", x_format="~s",
                y_format=".0%", height=170, x_ticks=tuple(ticks))  # fmt: skip


def _panel(
    title: str, own: Mapping[Line, Sequence[Row]], looks: Mapping[Line, Series], axes: Axes
) -> Drawing:
    drawn = {line: sorted(rows, key=lambda row: row["n_rows"]) for line, rows in own.items()}
    return Drawing(
        spec=curves([_curve(looks[line], rows) for line, rows in drawn.items()], [], [], axes),
        words="; ".join(_said(looks[line], rows) for line, rows in drawn.items()) + ".",
        rows=[
            {"base": looks[line].label, "rows": row["n_rows"], "model": row["model"],
             "accuracy": with_interval(row, "share")}
            for line, rows in drawn.items()
            for row in rows
        ],
        series=[symbol(looks[line]) for line in drawn],
        marks=[],
        title=title,
        narrow=230,
    )  # fmt: skip


def _curve(look: Series, rows: Sequence[Row]) -> Curve:
    value, low, high = ([row[name] for row in rows] for name in ("estimate", "ci_low", "ci_high"))
    return Curve([row["n_rows"] for row in rows], value, low, high, look.colour, look.shape)


def _said(look: Series, rows: Sequence[Row]) -> str:
    first, last = rows[0], rows[-1]
    return (
        f"{look.label} from {percent(first['estimate'])} at {first['n_rows']:,} rows to "
        f"{percent(last['estimate'])} at {last['n_rows']:,}"
    )
