"""The runner of `generate activations`: plan, read, keep.

Vectors reach the lake a segment at a time; a run that ends early keeps all segments written,
and the same command continues with the rest.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from console import Progress, plural, say
from generate import selection
from generate.capture import plan
from generate.capture.buffer import Buffer
from generate.capture.job import EMBEDDING, ActivationsJob, Captured
from generate.capture.memory import Trimmer
from generate.capture.prompts import Asked, Prompt, encode
from generate.drain import Drain
from generate.engines.base import Options, Row
from generate.engines.local import batches
from generate.engines.local.checkpoint import RANDOM, Checkpoint
from generate.engines.local.engine import LocalEngine
from warehouse.errors import InputError, Interrupted

if TYPE_CHECKING:
    from warehouse.lake import Lake
    from warehouse.run import Run

COMMAND = "generate activations"

# A segment is written when this much is held or that much time has gone: what a kill loses.
SEGMENT_BYTES = 128 * 2**20
SEGMENT_SECONDS = 30.0

# What the keys and values of one batch may take, where replies follow on them.
CACHE_BYTES = {"cpu": 256 * 2**20, "cuda": 4 * 2**30}

# Questions encoded at a time, which bounds memory; batches are of near-equal length within.
CHUNK = 2048

_QUESTIONS_SQL = """
SELECT question_id, messages, choices FROM questions
WHERE question_id IN (SELECT question_id FROM part) ORDER BY question_id
"""


def generate_activations(
    lake: Lake, job: ActivationsJob, told: Callable[[Captured], object] = lambda captured: None
) -> None:
    """Read what the lake does not hold yet; `told` hears of every model what came of it.

    Raises InputError for names that the lake or the model does not know, BusyError when
    another command reads the same, Interrupted after Ctrl-C.
    """
    checkpoint = locate_local(job.model, job.options.within(lake.path))
    _capture(lake, job, checkpoint, _sites(job, checkpoint), told)
    if job.baselines and not checkpoint.random:
        twin = checkpoint.twin()
        _capture(lake, replace(job, model=twin.name), twin, _sites(job, twin), told)


def locate_local(name: str, options: Options) -> Checkpoint:
    """Return the checkpoint of a model that can be looked into; raise InputError otherwise."""
    from generate.engines.registry import open_engine

    engine: object = open_engine(name, options)
    if type(engine) is not LocalEngine:
        raise InputError(
            f"{name} cannot be looked into: only models that transformers runs here can. "
            "Use mirror-tiny/NAME or hf:PATH-OR-ID."
        )
    return engine.checkpoint


def _sites(job: ActivationsJob, checkpoint: Checkpoint) -> list[tuple[str, int]]:
    layers = range(checkpoint.layers) if job.layers is None else job.layers
    for layer in layers:
        if not 0 <= layer < checkpoint.layers:
            raise InputError(
                f"{checkpoint.name} has no layer {layer}, only 0 to {checkpoint.layers - 1}."
            )
    wanted = {(site, layer) for site in job.sites for layer in layers}
    if job.baselines and not checkpoint.random:
        wanted.add(EMBEDDING)
    return sorted(wanted)


def _capture(
    lake: Lake,
    job: ActivationsJob,
    checkpoint: Checkpoint,
    sites: Sequence[tuple[str, int]],
    told: Callable[[Captured], object],
) -> None:
    engine = LocalEngine(checkpoint, job.options)
    condition = engine.condition(job.reading, job.asking)
    with lake.reader(selection.READS) as con:
        found = selection.select(con, job)
    sizes = dict(zip(*(column.to_pylist() for column in found.columns), strict=True))
    asked = {question: size for question, size in sizes.items() if size}
    if not asked:
        raise InputError(f"No question of '{job.questions}' has options, so none can be chosen.")
    with lake.run(COMMAND, _config(job, checkpoint), job.study) as run, Drain() as drain:
        run.hold(f"capture-{condition['condition_id']}")
        run.upsert("models", [engine.model])
        run.upsert("conditions", [condition])
        with lake.ledger_reader(plan.READS) as con:
            parts = plan.left(con, job, condition["condition_id"], sites, asked)
        left = sum(len(part.questions) for part in parts)
        if not left:
            say(f"Nothing to do: all activations of {checkpoint.name} are in the lake.")
        work = _Work(lake, run, job, engine, condition, drain, left)
        try:
            with work.progress:
                work.do(parts)
        finally:
            run.count(questions=len(asked), vectors=work.vectors)
            told(work.summary(len(asked), len(sizes) - len(asked)))
        if drain.asked and work.progress.done < left:
            raise Interrupted(
                f"Stopped with {work.progress.done:,} of {plural(left, 'question')} read. "
                "Run the same command again to continue."
            )


class _Reading(Progress):
    """Questions read, with tokens a second and bytes."""

    tokens = bytes = 0

    def rates(self, seconds: float) -> list[str]:
        """Return what stands after the rate of questions."""
        return [f"{self.tokens / max(seconds, 1e-9):,.0f} tokens/s", f"{self.bytes / 1e6:,.1f} MB"]


class _Work:
    """One model's reading, from the plan to the segments."""

    def __init__(
        self,
        lake: Lake,
        run: Run,
        job: ActivationsJob,
        engine: LocalEngine,
        condition: Row,
        drain: Drain,
        left: int,
    ) -> None:
        self.lake, self.run, self.job, self.engine = lake, run, job, engine
        self.condition, self.drain, self.left = condition, drain, left
        self.progress = _Reading(engine.model["name"], left, unit="questions")
        self.buffer = Buffer(
            {
                "condition_id": condition["condition_id"],
                "model_id": condition["model_id"],
                "run_id": run.run_id,
            }
        )
        self.trim = Trimmer()
        self.vectors = self.too_long = 0
        self.started = self.written_at = time.monotonic()

    def do(self, parts: Sequence[plan.Part]) -> None:
        """Read all parts; what is held is written also when it ends early."""
        try:
            for part in parts:
                self._part(part)
                self._write()
        except KeyboardInterrupt as error:
            raise Interrupted("Stopped at once; what was written is kept.") from error

    def summary(self, questions: int, without_options: int) -> Captured:
        """Return what came of it."""
        return Captured(
            model=self.engine.model["name"],
            questions=questions,
            cached=questions - self.left,
            too_long=self.too_long,
            without_options=without_options,
            vectors=self.vectors,
            bytes=self.progress.bytes,
            tokens=self.progress.tokens,
            seconds=round(time.monotonic() - self.started, 3),
        )

    def _part(self, part: plan.Part) -> None:
        from generate.capture.passes import Reader

        reader = Reader(self.engine.network, self.engine.encoder, part.units)
        for questions in self._asked(part.questions):
            groups = self._readable(questions)
            for batch in batches.mixed(batches.by_budget(groups, _cost, self._budget(groups))):
                prompts = [prompt for group in batch for prompt in group]
                for site, layer, places, values in reader.read(prompts):
                    self.buffer.add(site, layer, places, values)
                self._tell(len(batch), prompts)
                if self.drain.asked:
                    return

    def _budget(self, groups: Sequence[Sequence[Prompt]]) -> int:
        """Return the padded tokens of a batch: as many as its cache has room for, where it has one.

        The cache of a prompt stands once for the prompt and once for each of its replies.
        """
        replies = max((len(prompt.replies) for group in groups for prompt in group), default=0)
        token = self.engine.cache_bytes_a_token
        if not (replies and token):
            return self.engine.budget
        kind = self.engine.device.partition(":")[0]
        room = CACHE_BYTES.get(kind, CACHE_BYTES["cpu"]) // (token * (1 + replies))
        return min(self.engine.budget, max(1, room))

    def _readable(self, questions: Sequence[Asked]) -> list[list[Prompt]]:
        """Return the prompts of each question whose prompts all fit the model's context."""
        groups: dict[str, list[Prompt]] = {}
        for prompt in encode(self.engine.encoder, self.job, self.condition, questions):
            groups.setdefault(prompt.question_id, []).append(prompt)
        context = self.engine.checkpoint.context
        fit = [g for g in groups.values() if not context or max(p.longest for p in g) <= context]
        self.too_long += len(groups) - len(fit)
        self.progress.advance(len(groups) - len(fit))
        return fit

    def _asked(self, ids: Sequence[str]) -> Iterator[list[Asked]]:
        import pyarrow as pa

        for start in range(0, len(ids), CHUNK):
            # A reader for each: a run may take longer than superseded segments stay.
            with self.lake.ledger_reader(selection.READS) as con:
                con.register("part", pa.table({"question_id": ids[start : start + CHUNK]}))
                found = con.execute(_QUESTIONS_SQL).fetchall()
            yield [Asked(name, json.loads(messages), choices) for name, messages, choices in found]
            if self.drain.asked:
                return

    def _tell(self, questions: int, prompts: Sequence[Prompt]) -> None:
        replies = sum(len(ids) for prompt in prompts for _, ids in prompt.replies)
        self.progress.tokens += sum(len(prompt.ids) for prompt in prompts) + replies
        self.progress.advance(questions)
        self.trim()
        late = time.monotonic() - self.written_at > SEGMENT_SECONDS
        if self.buffer.bytes >= SEGMENT_BYTES or late:
            self._write()

    def _write(self) -> None:
        if not self.buffer.bytes:
            return
        self.vectors += self.buffer.vectors
        self.progress.bytes += self.buffer.bytes
        self.run.write("activations", self.buffer.tables())
        self.written_at = time.monotonic()


def _cost(group: Sequence[Prompt]) -> int:
    return len(group) * max(len(prompt.ids) for prompt in group)


def _config(job: ActivationsJob, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the job for the run's row; the model by its name, its path being no one's business."""
    return {**asdict(job), "model": checkpoint.name, "random": checkpoint.name.endswith(RANDOM)}
