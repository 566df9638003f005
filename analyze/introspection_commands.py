"""`mirrorlake analyze self-prediction` and its kin: what models know of their own answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click

from analyze.shown import datasets_option, interval, model_names, say_stored
from console import catch, columns, emit, json_option, lake_option, next_step, study_option

Row = Mapping[str, Any]


@click.command("properties", epilog="Example: mirrorlake analyze properties --lake lake")
@study_option
@lake_option
@json_option
@catch
def properties(study: str, lake: str, as_json: bool) -> None:
    """Read the properties of answers that hypothetical questions ask for.

    Fills the table `scores`; training sets of self-prediction are made from it. The analyses of
    predictions do this themselves.
    """
    from analyze.introspection.scoring import score_predictions
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    written = score_predictions(opened, study)
    opened.close()
    emit({"scores": written}, as_json, f"{written:,} new scores")
    next_step("mirrorlake", "analyze", "self-prediction", "--lake", lake)


@click.command(
    "self-prediction", epilog="Example: mirrorlake analyze self-prediction --questions pair"
)
@datasets_option
@click.option(
    "--crossed",
    multiple=True,
    nargs=4,
    metavar="FIRST ON-FIRST SECOND ON-SECOND",
    help="Models that predict each other crosswise: the first, who predicts the first, the "
    "second, who predicts the second; repeatable.",
)
@study_option
@lake_option
@json_option
@catch
def self_prediction(
    datasets: tuple[str, ...],
    crossed: tuple[tuple[str, str, str, str], ...],
    study: str,
    lake: str,
    as_json: bool,
) -> None:
    """Say whether models predict themselves better than other models predict them.

    Judges predictions of properties of answers on strings that no predictor was trained on, beside
    the commonest answer, a classifier of the input alone, and the agreement of two draws.
    """
    from analyze.self_prediction import run_self_prediction
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    rows = run_self_prediction(opened, datasets or None, study, crossed)
    names = model_names(opened)
    opened.close()
    emit(rows, as_json, columns(list(_predicted(rows, names))))
    say_stored(rows, lake, study)


_SHOWN = {
    "macro_accuracy": "accuracy",
    "macro_mode_baseline": "always the commonest",
    "macro_input_only": "from the input alone",
    "macro_self_agreement": "two draws agree",
    "macro_advantage": "advantage over",
    "macro_crossed_advantage": "crossed advantage over",
}


def _predicted(rows: Iterable[Row], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """Yield a line for each mean over properties."""
    order = list(_SHOWN)
    shown = [row for row in rows if row["metric"] in _SHOWN]
    for row in sorted(shown, key=lambda row: order.index(row["metric"])):
        of_cell = row["metric"] == "macro_accuracy"
        yield {
            "what": _SHOWN[row["metric"]],
            "model": names.get(row["model_id"], row["model_id"]),
            "of": names.get(row["other_model_id"], "") if of_cell else "",
            "over": "" if of_cell else names.get(row["other_model_id"], ""),
            "mean over properties": interval(row),
            "p_adjusted": row["p_adjusted"],
            "n": row["n"],
            "strings": row["n_clusters"],
            "dropped": row["n_missing"],
        }


@click.command("calibration", epilog="Example: mirrorlake analyze calibration --questions pair")
@datasets_option
@study_option
@lake_option
@json_option
@catch
def calibration(datasets: tuple[str, ...], study: str, lake: str, as_json: bool) -> None:
    """Say whether models predict how often they would say what.

    Compares the shares of values among samples of answers with their shares among samples of
    predictions, beside what perfect calibration would give by chance.
    """
    from analyze.calibration import run_calibration
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    rows = run_calibration(opened, datasets or None, study)
    names = model_names(opened)
    opened.close()
    emit(rows, as_json, columns(list(_calibrated(rows, names))))
    say_stored(rows, lake, study)


def _calibrated(rows: Iterable[Row], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for row in rows:
        if row["concept"] is None:
            yield {
                "predictor": names.get(row["model_id"], row["model_id"]),
                "of": names.get(row["other_model_id"], row["other_model_id"]),
                "what": row["metric"].replace("_", " "),
                "estimate": f"{row['estimate']:.3f}" if row["metric"] == "mad" else interval(row),
                "by chance": row["null_value"],
                "p": row["p_value"],
                "n": row["n"],
                "strings": row["n_clusters"],
            }


@click.command(
    "behavior-change",
    epilog="Example: mirrorlake analyze behavior-change --old tuned:m1 --new tuned:m1-changed",
)
@datasets_option
@click.option("--old", "before", required=True, metavar="MODEL", help="The model before.")
@click.option("--new", "after", required=True, metavar="MODEL", help="The model after.")
@study_option
@lake_option
@json_option
@catch
def behavior_change(
    datasets: tuple[str, ...], before: str, after: str, study: str, lake: str, as_json: bool
) -> None:
    """Say whether a changed model predicts its new behaviour or its old one.

    Judges the changed model's predictions on the items that it answers otherwise than before.
    """
    from analyze.behavior_change import run_behavior_change
    from warehouse.lake import open_lake

    opened = open_lake(lake)
    rows = run_behavior_change(opened, datasets or None, study, [(before, after)])
    names = model_names(opened)
    opened.close()
    emit(rows, as_json, columns(list(_changed(rows, names))))
    say_stored(rows, lake, study)


def _changed(rows: Iterable[Row], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for row in rows:
        if row["metric"].startswith("macro_"):
            yield {
                "model": names.get(row["model_id"], row["model_id"]),
                "before": names.get(row["other_model_id"], row["other_model_id"]),
                "what": row["metric"].removeprefix("macro_").replace("_", " "),
                "mean over properties": interval(row),
                "p": row["p_value"],
                "n": row["n"],
                "strings": row["n_clusters"],
            }


@click.command(
    "acquisition",
    epilog="Example: mirrorlake analyze acquisition --questions selfconsciousness/acquisition "
    "--before mirror-tiny/base --after tuned:belief --control tuned:belief-shuffled",
)
@datasets_option
@click.option("--before", required=True, metavar="MODEL", help="The model before training.")
@click.option("--after", required=True, metavar="MODEL", help="The model after training.")
@click.option("--control", metavar="MODEL", help="The same training on shuffled answers.")
@study_option
@lake_option
@json_option
@catch
def acquisition(
    datasets: tuple[str, ...],
    before: str,
    after: str,
    control: str | None,
    study: str,
    lake: str,
    as_json: bool,
) -> None:
    """Say what training on a concept's questions changed, concept by concept.

    Compares answers to the same questions before and after, of clusters that no compared model was
    trained on.
    """
    from analyze.acquisition import Training, run_acquisition
    from warehouse.errors import InputError
    from warehouse.lake import open_lake

    if not datasets:
        raise InputError("Name the data sets whose answers are compared: --questions DATASET.")
    opened = open_lake(lake)
    rows = run_acquisition(opened, datasets, study, [Training(before, after, control)])
    names = model_names(opened)
    opened.close()
    emit(rows, as_json, columns(list(_acquired(rows, names))))
    say_stored(rows, lake, study)


def _acquired(rows: Iterable[Row], names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for row in rows:
        if row["metric"].startswith("gain"):
            yield {
                "questions": row["dataset"],
                "concept": row["concept"],
                "reading": row["reading"],
                "after": names.get(row["model_id"], row["model_id"]),
                "minus": names.get(row["other_model_id"], row["other_model_id"]),
                "gain": interval(row),
                "p_adjusted": row["p_adjusted"],
                "n": row["n"],
                "clusters": row["n_clusters"],
            }
