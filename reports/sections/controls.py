"""Could the probe read something else: every control of the best layer, in one table."""

from __future__ import annotations

from collections import defaultdict

from reports.figures import behind
from reports.markup import Html, join, tag
from reports.profiles import EMBEDDING, LABELS, STREAM
from reports.sections.parts import distinct_text, per, reason_words, slug
from reports.study import Study
from reports.tables import present, shortened, unbroken
from reports.words import Row, detail, number, p_text, plain, sentence_list, with_interval

TITLE = "Could the probe read something else?"

# What a row is to the table, by metric and site.
COLUMNS = {
    ("auroc", STREAM): "AUROC",
    ("auroc_letter_swap", STREAM): "other letters",
    ("auroc_mean_difference", STREAM): "mean difference",
    ("selectivity", STREAM): "selectivity",
    ("auroc", "letter"): "letter only",
    ("auroc", "bag_of_words"): "bag of words",
    ("auroc", EMBEDDING): "embedding",
    ("auroc_random_twin", STREAM): "untrained twin",
    ("shape", None): "shape",
    ("max_auroc", None): "best of all sites",
}
WITH_INTERVAL = ("other letters", "selectivity")

Key = tuple[str, str]


def body(study: Study) -> Html | None:
    """Return the controls of every question set that was probed."""
    made = per(study, study.probed, _part)
    return None if made is None else join(tag("p", EXPLAINED), made)


EXPLAINED = (
    "Each concept at the layer of its highest AUROC. That layer is chosen on the same questions, "
    "so the number is a little too high; the adjusted p accounts for the choice. Other letters: "
    "trained where the options bear one assignment of letters, tested under the other. Mean "
    "difference: no fitting but of two means. Selectivity: accuracy less that on arbitrary labels "
    "of the same tokens; near 0, a probe memorises. Letter, words, embedding and untrained twin "
    "must stay below. The best of all sites is that of one fixed split."
)


def _part(study: Study, dataset: str) -> Html | None:
    parts = [_label(study, dataset, label) for label in LABELS]
    return join(*parts) if any(parts) else None


def _label(study: Study, dataset: str, label: str) -> Html | None:
    answer = study.ask("controls", dataset=dataset, labels=[label])
    lines: dict[Key, dict[str, Row]] = defaultdict(dict)
    for row in answer.rows:
        series = study.series(row)
        if series and (column := _column(row)):
            lines[series.label, row["concept"]][column] = row
    if not lines:
        return None
    several = len({model for model, _ in lines}) > 1
    shown = [_line(key, line, several) for key, line in sorted(lines.items(), key=_rank)]
    return join(
        tag("div", shortened(present(shown), CAPTIONS[label], study.lean), class_="block tall"),
        *(tag("p", *note, class_="note") for note in _missing(lines)),
        behind(f"controls-{label}-{slug(study, dataset)}", answer),
    )


CAPTIONS = {
    "right": "Whether an appended answer is right",
    "answer": "Which of two options is right, before any reply",
}


def _column(row: Row) -> str | None:
    site = None if row["metric"] in ("shape", "max_auroc") else row["site"] or STREAM
    return COLUMNS.get((row["metric"], site))


def _rank(item: tuple[Key, dict[str, Row]]) -> tuple[str, float]:
    (model, _), line = item
    return model, -(line["AUROC"]["estimate"] or 0.0)


def _line(key: Key, line: dict[str, Row], several: bool) -> dict[str, object]:
    model, concept = key
    best = line["AUROC"]
    return {
        "concept": unbroken(plain(concept)),
        "model": unbroken(model) if several else None,
        "layer": best["layer"],
        "AUROC": unbroken(with_interval(best, "number")),
        "adjusted p": p_text(best["p_adjusted"]),
        **{name: unbroken(_cell(name, line.get(name))) for name in list(COLUMNS.values())[1:]},
    }


def _cell(name: str, row: Row | None) -> str | None:
    if row is None or row["estimate"] is None:
        return None
    if name == "shape":
        return f"{detail(row).get('shape', 'unknown')}, peak at {number(row['estimate'], 'number')}"
    if name == "best of all sites":
        return f"{number(row['estimate'], 'number')}, p {p_text(row['p_value'])}"
    return (
        with_interval(row, "number") if name in WITH_INTERVAL else number(row["estimate"], "number")
    )


def _missing(lines: dict[Key, dict[str, Row]]) -> list[list[Html | str]]:
    """Return why controls lack a value, each reason once with its control and concepts."""
    why: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (_, concept), line in lines.items():
        for name, row in line.items():
            if row["estimate"] is None and row["reason"]:
                why[name, row["reason"]].append(plain(concept))
    return [
        [f"No value for {name} ({sentence_list(distinct_text(concepts))}): ", *reason_words(reason)]
        for (name, reason), concepts in why.items()
    ]
