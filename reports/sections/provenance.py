"""Where the numbers come from: models, conditions, parameters, runs, versions, cost, time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from console import duration, plural
from reports.figures import fold
from reports.markup import Html, join, tag
from reports.sections.parts import command
from reports.sections.rerun import reruns
from reports.study import Study
from reports.tables import facts, present, table

TITLE = "Where the numbers come from"


def body(study: Study) -> Html:
    """Return the provenance of the whole study."""
    runs = study.ask("runs").rows
    return join(
        tag("h3", "Models"),
        *(_model(row) for row in study.ask("models").rows),
        tag("h3", "Conditions"),
        table(present(study.ask("conditions").rows), caption="How the questions were put"),
        _steered(study.ask("steered").rows[0]) if study.steered else None,
        tag("h3", "Analyses"),
        table(study.ask("analyses").rows, caption="Parameters and seeds"),
        tag("h3", "Cost and time"),
        _cost(study.ask("cost").rows[0], runs),
        tag("h3", "To run it again"),
        _commands(study, runs),
        fold("Runs and library versions", *_runs(runs)),
    )


def _model(row: dict[str, Any]) -> Html:
    card = row.pop("card")
    name = row.pop("name")
    shown = {key.replace("_", " "): _plain(value) for key, value in row.items()}
    full = fold("Model card", tag("pre", _pretty(card), tabindex="0")) if card else None
    return tag("div", tag("h4", name), facts(shown), full, class_="model")


def _plain(value: Any) -> Any:
    return f"{value:,}" if isinstance(value, int) else value


def _pretty(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _steered(row: dict[str, Any]) -> Html | None:
    """Return how many more conditions steering made; a list of thousands would say no more."""
    if not row["interventions"]:
        return None
    return tag(
        "p",
        f"And {plural(row['interventions'], 'steered condition')}: steps of the doses shown along "
        f"{plural(row['directions'], 'direction')} and {row['random_directions']:,} random ones "
        f"beside them, with {plural(row['answers'], 'answer')}.",
    )


def _cost(row: dict[str, Any], runs: Sequence[dict[str, Any]]) -> Html:
    spent = [r["ended_at"] - r["started_at"] for r in runs if r["ended_at"] and r["started_at"]]
    seconds = sum(span.total_seconds() for span in spent)
    time = {"time of these runs": duration(seconds) if spent else "unknown"}
    if not row["requests"]:
        return facts(time)
    return facts(
        {
            "requests": f"{row['requests']:,}",
            "tokens read": _plain(row["prompt_tokens"]),
            "tokens written or scored": _plain(row["completion_tokens"]),
            "price": _price(row),
            **time,
        }
    )


def _price(row: dict[str, Any]) -> str:
    if row["cost_usd"] is None:
        return "unknown"
    price = f"{row['cost_usd']:,.2f} US dollars"
    unknown = row["price_unknown"]
    return f"{price}, not counting {unknown:,} answers of unknown price" if unknown else price


def _commands(study: Study, runs: Sequence[dict[str, Any]]) -> Html:
    """Return the commands that made the rows, in order, then the report's own."""
    report = command("report", "--study", study.name, "--out", "DIR")
    steps = [*reruns(runs), report]
    lines = [command("run", study.file)] if study.file else steps
    return tag("pre", "\n".join(lines), tabindex="0")


def _runs(runs: Sequence[dict[str, Any]]) -> list[Html]:
    if not runs:
        return [tag("p", "No run is recorded for these rows.")]
    lines = [
        {
            "run": run["run_id"],
            "command": run["command"],
            "status": run["status"],
            "started (UTC)": f"{run['started_at']:%Y-%m-%d %H:%M:%S}",
            "counts": run["counts"],
            "error": run["error"],
        }
        for run in runs
    ]
    newest = json.loads(runs[-1]["versions"] or "{}")
    configs = [tag("pre", f"{r['command']}\n{_pretty(r['config'] or '{}')}") for r in runs]
    return [
        table(present(lines), caption="Runs that wrote these rows"),
        facts(newest),
        fold("Resolved configurations", *configs),
    ]
