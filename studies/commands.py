"""`mirrorlake run` and `mirrorlake doctor`: whole studies, and the machine they run on."""

from __future__ import annotations

from pathlib import Path

import click

from console import catch, columns, emit, json_option, lake_option, next_step, say


@click.command("run", epilog="Example: mirrorlake run studies/demo.toml --lake demo/lake")
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the report; `report` beside the lake if not given.",
)
@lake_option
@json_option
@catch
def run(study: Path, out: Path | None, lake: str, as_json: bool) -> None:
    """Run a study file: ingest, generate, analyze, report.

    What the lake already holds is not done again, so an interrupted study is continued by
    the same command. The last line is the path of the report.
    """
    from studies import steps
    from studies.config import load
    from warehouse.lake import open_lake

    config = load(study)
    opened = open_lake(lake, create=True)
    target = out or Path(lake).parent / "report"
    page = steps.run(opened, config, study, target)
    say(f"Open in a browser: {page.resolve().as_uri()}")
    next_step("mirrorlake", "sql", "SELECT * FROM results LIMIT 5", "--lake", lake)
    emit({"study": config.name, "report": str(page)}, as_json, str(page))


@click.command("doctor", epilog="Example: mirrorlake doctor --model openai:MODEL@URL")
@click.option("--model", "models", multiple=True, metavar="MODEL",
              help="Ask this model's server what it serves; repeatable.")  # fmt: skip
@lake_option
@json_option
@catch
def doctor(models: tuple[str, ...], lake: str, as_json: bool) -> None:
    """Say what this machine can do and what is missing.

    Of keys it says whether they are set, never what they are.
    """
    from studies.doctor import diagnose

    rows = diagnose(Path(lake), models)
    emit(rows, as_json, columns(rows))
    missing = [row["check"] for row in rows if row["found"] == "missing"]
    if missing:
        say(f"Missing: {', '.join(missing)}. What does not need them works.")
    next_step("mirrorlake", "run", "studies/demo.toml")
