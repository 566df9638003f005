"""The steps of a study, each a call of the package that does the work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console import plural, say
from studies.sections import Analyze, Capture, Generate, Predict, Steer, Study
from studies.sources import ingest
from studies.training import train
from warehouse.errors import InputError, nearest
from warehouse.lake import Lake

if TYPE_CHECKING:
    from generate.job import Summary
    from generate.remote.purse import Purse


def generate(lake: Lake, step: Generate, study: str, prices: str | None, purse: Purse) -> int:
    """Ask every model of a step; return how many requests were answered now."""
    from generate.engines.base import Asking, Options, Sampling
    from generate.job import ResponsesJob
    from generate.responses import generate_all

    asking = Asking(
        system_prompt=step.system_prompt,
        persona=step.persona,
        sampling=Sampling(temperature=step.temperature, max_tokens=step.max_tokens),
    )
    jobs = [
        ResponsesJob(
            questions=step.questions,
            model=model,
            readings=step.readings,
            concepts=step.concepts,
            split=step.split,
            limit=step.limit,
            samples=step.samples,
            asking=asking,
            options=Options(prices=prices),
            batch=step.batch,
            study=study,
        )
        for model in step.models
    ]
    done: list[Summary] = []
    generate_all(lake, jobs, purse, done.append)
    return sum(sum(summary.statuses.values()) for summary in done)


def predict(lake: Lake, step: Predict, study: str, prices: str | None, purse: Purse) -> int:
    """Ask the targets and predictors of a step; return how many requests were answered now."""
    from generate.engines.base import Asking, Options, Sampling
    from generate.prediction import PredictionJob, generate_predictions

    sampling = Sampling(temperature=step.temperature, max_tokens=step.max_tokens)
    jobs = [
        PredictionJob(
            questions=step.questions,
            target=target,
            predictors=step.predictors or (target,),
            properties=step.properties,
            tasks=step.tasks,
            split=step.split,
            limit=step.limit,
            samples=step.samples,
            asking=Asking(sampling=sampling),
            options=Options(prices=prices),
            batch=step.batch,
            study=study,
        )
        for target in step.targets
    ]
    done: list[Summary] = []
    generate_predictions(lake, jobs, purse, done.append)
    return sum(sum(summary.statuses.values()) for summary in done)


def capture(lake: Lake, step: Capture, study: str) -> None:
    """Read the hidden states of every model of a step."""
    from generate.capture.fill import generate_activations
    from generate.capture.job import ActivationsJob

    for model in step.models:
        job = ActivationsJob(
            questions=step.questions,
            model=model,
            sites=step.sites,
            layers=step.layers or None,
            positions=step.positions,
            variants=step.variants,
            concepts=step.concepts,
            baselines=step.baselines,
            study=study,
        )
        generate_activations(lake, job)


def steer(lake: Lake, step: Steer, study: str) -> int:
    """Ask every model of a step under interventions; return how many requests were answered."""
    from generate.job import ResponsesJob
    from generate.options import HELD_OUT
    from generate.responses import generate_all
    from generate.steering.job import Steering

    jobs = [
        ResponsesJob(
            questions=step.questions,
            model=model,
            readings=step.readings,
            concepts=step.concepts,
            fold=HELD_OUT if step.held_out else None,
            steering=Steering(
                step.directions, step.doses, step.controls, step.edit, step.positions
            ),
            study=study,
        )
        for model in step.models
    ]
    done: list[Summary] = []
    generate_all(lake, jobs, told=done.append)
    return sum(sum(summary.statuses.values()) for summary in done)


def _purse(lake: Lake, study: Study) -> Purse:
    """Return what the study may still spend, counting all its runs so far."""
    from generate.remote.purse import Purse
    from warehouse.spending import spent_by_study

    if study.budget_usd is None:
        return Purse()
    spent = spent_by_study(lake, study.name)
    return Purse(study.budget_usd, spent, f"budget_usd of the study '{study.name}'")


def analyze(lake: Lake, step: Analyze, study: str) -> None:
    """Run one analysis for the study."""
    known = _datasets(lake)
    for name in step.questions:
        if name not in known:
            raise InputError(f"There are no questions '{name}' to analyze.{nearest(name, known)}")
    rows = _runner(step)(lake, list(step.questions), study)
    say(f"analyze {step.analysis}: {plural(len(rows), 'result')}.")


def _runner(step: Analyze) -> Callable[..., list[dict[str, Any]]]:
    match step.analysis:
        case "probe":
            from analyze.probe import run_probe

            return run_probe
        case "steer":
            from analyze.steer import run_steer

            return run_steer
        case "self-prediction":
            from analyze.self_prediction import run_self_prediction

            return partial(run_self_prediction, crossed=step.crossed)
        case "calibration":
            from analyze.calibration import run_calibration

            return run_calibration
        case "behavior-change":
            from analyze.behavior_change import run_behavior_change

            return partial(run_behavior_change, changes=step.changes)
        case "acquisition":
            from analyze.acquisition import Training, run_acquisition

            return partial(run_acquisition, trainings=[Training(*t) for t in step.trainings])
    from analyze.quantify import run_quantify

    return run_quantify


def _datasets(lake: Lake) -> list[str]:
    with lake.reader() as con:
        return [
            name for (name,) in con.execute("SELECT DISTINCT dataset FROM questions").fetchall()
        ]


def _is_tuned(step: Generate) -> bool:
    """Return whether a step asks a model that the study itself may train."""
    return any(model.startswith("tuned:") for model in step.models)


def run(lake: Lake, study: Study, file: Path, out: Path) -> Path:
    """Run every step of the study of a file and return the path of its report."""
    from reports.build import write_report

    config = {
        "title": study.name,
        "question": study.question,
        "source": study.source,
        # Enough to run it again, and nothing of where this machine keeps it.
        "file": f"studies/{file.name}" if file.parent.name == "studies" else file.name,
    }
    with lake.run(f"run {study.name}", config, study.name) as whole:
        for step in study.ingest:
            ingest(lake, step, file.parent)
        prices = None if study.prices is None else str(file.parent / study.prices)
        purse = _purse(lake, study)
        asked = partial(generate, lake, study=study.name, prices=prices, purse=purse)
        answered = sum(asked(step) for step in study.generate if not _is_tuned(step))
        train(lake, study)
        answered += sum(asked(step) for step in study.generate if _is_tuned(step))
        answered += sum(predict(lake, step, study.name, prices, purse) for step in study.predict)
        for read in study.capture:
            capture(lake, read, study.name)
        # Steering needs the directions that probing fits; the others read its answers too.
        for analysis in study.analyze:
            if analysis.analysis == "probe":
                analyze(lake, analysis, study.name)
        answered += sum(steer(lake, step, study.name) for step in study.steer)
        for analysis in study.analyze:
            if analysis.analysis != "probe":
                analyze(lake, analysis, study.name)
        whole.count(answered=answered)
        if (study.generate or study.predict or study.steer) and not answered:
            say("Every answer was in the lake already: no model was run.")
    return write_report(lake, study.name, out)
