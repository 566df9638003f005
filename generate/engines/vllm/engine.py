"""The engine for models on this machine, through vLLM.

It reads the same files, templates and ids as the local engine and differs in who computes.
Opening it is as cheap: vLLM is imported when the first request has to be answered, so a
finished plan needs no vLLM at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from generate.engines.base import Asking, Options, Request, Row
from generate.engines.local import batches
from generate.engines.local.batches import Encoded
from generate.engines.local.checkpoint import Checkpoint, locate
from generate.engines.local.engine import LocalEngine
from generate.engines.vllm import answers, environment, sampling
from generate.engines.vllm.answers import Answer
from generate.engines.vllm.model import Draw, Model
from generate.engines.vllm.reads import reads, totals
from generate.engines.vllm.served import PREFIX, VllmServer, open_server
from generate.engines.vllm.version import batch_invariant, engine_version, require
from generate.remote.address import split
from warehouse import keys
from warehouse.errors import InputError

# Requests answered together and kept together: many for vLLM to fill its batches with, few
# enough that a killed process loses seconds.
CHUNK = 512


def open_model(name: str, options: Options) -> VllmEngine | VllmServer:
    """Return the engine for `vllm:PATH-OR-ID`, `vllm:BASE+ADAPTER` or `vllm:MODEL@URL`.

    `vllm:mirror-tiny/NAME` is an embedded model. Raises InputError for a device: a build of
    vLLM runs on the kind that it was built for.
    """
    if split(name)[1] is not None:
        return open_server(name, options)
    if options.device != "auto":
        raise InputError("vLLM runs on what it was built for. Leave --device out.")
    checkpoint = locate(name, PREFIX)
    if checkpoint.random:
        raise InputError(f"vLLM reads weights from files. Ask hf:{checkpoint.base}~random instead.")
    return VllmEngine(checkpoint, options)


class VllmEngine(LocalEngine):
    """A causal language model that vLLM computes in this process."""

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        """Take the model's identity from its files; the engine is part of it."""
        super().__init__(checkpoint, options)
        row = {**self.model, "engine": "vllm"}
        self.model: Row = row | {"model_id": keys.model_id(row)}

    def condition(self, reading: str, asking: Asking) -> Row:
        """Return the condition of a reading; raise InputError where vLLM cannot draw so."""
        if reading == "text":
            sampling.require_drawable(asking.sampling)
        return super().condition(reading, asking)

    def answer(self, requests: Sequence[Request]) -> Iterator[list[Row]]:
        """Yield rows of `responses` chunk by chunk, each with the vLLM that computed it."""
        if not requests:
            return
        require()
        environment.prepare(self.device)
        computed_by = {
            "engine_version": engine_version(),
            "batch_invariant": batch_invariant(self.device),
        }
        for found in super().answer(requests):
            yield [row | computed_by for row in found]

    def _score(self, encoded: Sequence[Encoded]) -> Iterator[list[Row]]:
        for chunk in _chunks(encoded):
            yield from batches.halving(chunk, self._score_chunk, _give_up)

    def _write(self, encoded: Sequence[Encoded]) -> Iterator[list[Row]]:
        for chunk in _chunks(encoded):
            yield from batches.halving(chunk, self._write_chunk, _give_up)

    def _score_chunk(self, encoded: Sequence[Encoded]) -> list[Row]:
        made = [reads(one.prompt, one.continuations) for one in encoded]
        found = iter(self._model.logprobs([read for each in made for read in each]))
        return [
            _row(
                one,
                answers.scored(
                    totals(each, list(islice(found, len(each))), len(one.continuations)),
                    one.prompt,
                    one.continuations,
                ),
            )
            for one, each in zip(encoded, made, strict=True)
        ]

    def _write_chunk(self, encoded: Sequence[Encoded]) -> list[Row]:
        draws = [
            Draw(
                one.prompt,
                sampling.settings(one.request),
                self._room(one, sampling.wanted(one.request).max_tokens),
            )
            for one in encoded
        ]
        found = self._model.write(draws)
        tokenizer = self.encoder.tokenizer
        texts = tokenizer.batch_decode([ids for ids, _ in found], skip_special_tokens=True)
        return [
            _row(one, answers.written(text, stopped, len(ids), one.prompt))
            for one, text, (ids, stopped) in zip(encoded, texts, found, strict=True)
        ]

    @property
    def _model(self) -> Model:
        from generate.engines.vllm import loading

        return loading.loaded(self.checkpoint, self.device, self.dtype, self.options)


def _chunks(encoded: Sequence[Encoded]) -> Iterator[Sequence[Encoded]]:
    for start in range(0, len(encoded), CHUNK):
        yield encoded[start : start + CHUNK]


def _row(encoded: Encoded, answer: Answer) -> Row:
    return encoded.request.row(answer.status, cost_usd=0.0, **answer.fields)


def _give_up(encoded: Encoded, error: Exception) -> Row:
    lines = str(error).strip().splitlines() or [""]
    return encoded.request.row(
        "failed",
        error_class="engine",
        error=f"{type(error).__name__}: {lines[0]}"[:500],
        prompt_tokens=len(encoded.prompt),
    )
