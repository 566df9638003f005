"""The `report` command."""

from __future__ import annotations

import click

from console import catch, emit, json_option, lake_option, say, study_option


@click.command("report")
@lake_option
@study_option
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder to write to.")
@json_option
@catch
def report(lake: str, study: str, out: str, as_json: bool) -> None:
    """Write a study's results as one HTML file that opens offline.

    \b
    Example: mirrorlake report --study demo --out report
    """
    from pathlib import Path

    from reports.build import write_report
    from warehouse.lake import open_lake

    path = write_report(open_lake(lake), study, Path(out))
    say(f"Report of study '{study}': {path.stat().st_size / 1e6:.1f} MB, opens in any browser.")
    emit({"study": study, "path": str(path), "bytes": path.stat().st_size}, as_json, str(path))
