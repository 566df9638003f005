"""The steps of a study, each a call of the package that does the work."""

from __future__ import annotations

from pathlib import Path

from console import plural, say
from studies.config import Analyze, Generate, Ingest, Study
from warehouse.errors import InputError, nearest
from warehouse.lake import Lake


def ingest(lake: Lake, step: Ingest, base: Path) -> None:
    """Bring one source into the lake, unless the lake holds it and the source is not at hand."""
    from ingest.store import ingest_questions

    command = f"ingest {step.source}"
    match step.source:
        case "starter":
            from ingest.starter import items

            done = ingest_questions(lake.path, command, items(), {})
        case "selfconsciousness":
            if step.path is None and "selfconsciousness" in _datasets(lake):
                say(f"{command}: in the lake already.")
                return
            from ingest.selfconsciousness import source_rows

            source = base / step.path if step.path else None
            done = ingest_questions(lake.path, command, source_rows(source, lake.path, say), {})
        case "questions":
            from ingest.questions import file_rows

            file = _file(step, base)
            rows = file_rows(file, file.stem if step.dataset is None else step.dataset, narrate=say)
            done = ingest_questions(lake.path, command, rows, {"file": file.name})
        case "responses":
            from ingest.imported import ingest_responses

            ingest_responses(lake.path, _file(step, base), dataset=step.dataset)
            return
    say(f"{command}: {plural(done['rows'], 'question')}, {done['written']:,} new or changed.")


def _file(step: Ingest, base: Path) -> Path:
    if step.path is None:
        raise InputError(f"[[ingest]] source = '{step.source}' needs a path.")
    return base / step.path


def generate(lake: Lake, step: Generate, study: str) -> int:
    """Ask every model of a step; return how many requests were answered now."""
    from generate.engines.base import Asking, Sampling
    from generate.job import ResponsesJob
    from generate.responses import generate_responses

    asking = Asking(
        system_prompt=step.system_prompt,
        persona=step.persona,
        sampling=Sampling(temperature=step.temperature, max_tokens=step.max_tokens),
    )
    answered = 0
    for model in step.models:
        job = ResponsesJob(
            questions=step.questions,
            model=model,
            readings=step.readings,
            concepts=step.concepts,
            samples=step.samples,
            asking=asking,
            study=study,
        )
        summary = generate_responses(lake, job)
        answered += sum(summary.statuses.values())
    return answered


def analyze(lake: Lake, step: Analyze, study: str) -> None:
    """Run one analysis for the study."""
    from analyze.quantify import run_quantify

    known = _datasets(lake)
    for name in step.questions:
        if name not in known:
            raise InputError(f"There are no questions '{name}' to analyze.{nearest(name, known)}")
    rows = run_quantify(lake, datasets=list(step.questions), study=study)
    say(f"analyze {step.analysis}: {plural(len(rows), 'result')}.")


def _datasets(lake: Lake) -> list[str]:
    with lake.reader() as con:
        return [
            name for (name,) in con.execute("SELECT DISTINCT dataset FROM questions").fetchall()
        ]


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
        answered = sum(generate(lake, step, study.name) for step in study.generate)
        whole.count(answered=answered)
        if study.generate and not answered:
            say("Every answer was in the lake already: no model was run.")
        for analysis in study.analyze:
            analyze(lake, analysis, study.name)
    return write_report(lake, study.name, out)
