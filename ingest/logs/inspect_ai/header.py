"""The header of an Inspect log: which task, model and manner of asking its samples share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.logs.decode import filled, get
from ingest.logs.inspect_ai.files import RawLog
from ingest.logs.samples import Log, Sample, condition_row, model_row
from ingest.questions import Source
from warehouse.errors import InputError
from warehouse.keys import canonical, digest

Row = dict[str, Any]

# Fields of Inspect's generate config that change what a model may say.
_SAMPLING = (
    "temperature", "top_p", "top_k", "max_tokens", "seed", "stop_seqs", "frequency_penalty",
    "presence_penalty", "logit_bias", "num_choices", "best_of", "reasoning_effort",
    "reasoning_tokens", "effort", "response_schema",
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """What all samples of one log share; `scorer` names the score of a version 1 log."""

    source: Source
    task: str
    asked_model: str
    scorer: str
    model: Row
    condition: Row
    record: Row
    incomplete: bool

    def log(self, samples: Sequence[Sample], not_kept: Counter[str]) -> Log:
        """Return the log of this header and its samples."""
        return Log(
            self.source, self.task, "test", self.model, self.condition, self.record, samples,
            not_kept, list(self._notes(len(samples))),
        )  # fmt: skip

    def _notes(self, read: int) -> Iterator[str]:
        results, status = self.record.get("results"), self.record.get("status")
        total = results.get("total_samples") if isinstance(results, dict) else None
        if self.incomplete:
            yield (
                f"{self.source.file}: the run was killed or is not done; the {read:,} samples that "
                "it had finished are read."
            )
        elif status not in ("success", None):
            yield f"{self.source.file}: the run ended as {str(status)[:20]!r}."
        if total not in (None, 0, read):
            yield f"{self.source.file}: {read:,} samples are logged, its header counts {total}."


def header_of(
    raw: RawLog, file_digest: str, dataset: str | None, concept: str | None, model: str | None
) -> Header:
    """Return the header of a log; the options replace its data set, concept and model.

    Raises:
        InputError: no Inspect log, or one whose task or model has no name.
    """
    name = raw.path.name
    spec = get(raw.header, "eval", dict, name)
    if spec is None:
        raise InputError(f"{name}: no Inspect log (its header has no 'eval').")
    task, asked_model = (_named(spec, field, name) for field in ("task", "model"))
    plan = get(raw.header, "plan", dict, name) or {}
    served = model_row(model or asked_model, filled({
        "asked_as": asked_model, "model_args": spec.get("model_args"),
    }))  # fmt: skip
    return Header(
        source=Source(dataset or f"inspect/{task}", name, file_digest, concept),
        task=task,
        asked_model=asked_model,
        scorer=_only_scorer(raw.header),
        model=served,
        condition=_condition(served, spec, plan, name),
        record=_record(raw.header, spec),
        incomplete=raw.incomplete,
    )


def _record(header: Row, spec: Row) -> Row:
    """Return the header without the lists that its samples make anew."""
    data = spec.get("dataset")
    kept = {k: v for k, v in data.items() if k != "sample_ids"} if isinstance(data, dict) else data
    return filled({k: v for k, v in header.items() if k != "reductions"}) | {
        "eval": filled(spec | {"dataset": kept})
    }


def _named(spec: Row, field: str, name: str) -> str:
    value = get(spec, field, str, name)
    if not value or not value.isprintable():
        raise InputError(f"{name}: no Inspect log (its header names no {field}).")
    return str(value)


def _only_scorer(header: Row) -> str:
    results = header.get("results")
    scorer = results.get("scorer") if isinstance(results, dict) else None
    name = scorer.get("name") if isinstance(scorer, dict) else None
    return name if isinstance(name, str) and name else "score"


def _condition(model: Row, spec: Row, plan: Row, name: str) -> Row:
    steps = [step for step in get(plan, "steps", list, name) or [] if isinstance(step, dict)]
    solvers = [str(step.get("solver")) for step in steps]
    manner = [
        spec.get("task"), spec.get("task_version"), spec.get("task_args"), plan.get("finish"),
        [[step.get("solver"), step.get("params")] for step in steps],
    ]  # fmt: skip
    template = f"inspect/{'+'.join(solvers)[:80]}{digest(canonical(manner), '#', 8)}"
    config = _config(spec, plan, steps, name)
    return condition_row(
        model,
        template,
        {key: config[key] for key in _SAMPLING if config.get(key) is not None},
        base_url=get(spec, "model_base_url", str, name),
        system_prompt=get(config, "system_message", str, name),
    )


def _config(spec: Row, plan: Row, steps: Sequence[Row], name: str) -> Row:
    """Return the generate config in force: the model's, then the plan's, then each step's."""
    config: Row = {}
    for given in (
        get(spec, "model_generate_config", dict, name),
        get(plan, "config", dict, name),
        *(get(step, "params", dict, name) for step in steps),
    ):
        config |= {key: value for key, value in (given or {}).items() if value is not None}
    return config
