"""The engine for models on this machine, through ordinary transformers.

Opening it reads digests only, encoding needs the tokenizer, and the weights are loaded when
the first request has to be answered: a finished plan never loads torch.
"""

from __future__ import annotations

import ctypes
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from generate import prompts
from generate.engines.base import Asking, Options, Request, Row, Sampling, condition_row
from generate.engines.local import batches
from generate.engines.local.batches import Encoded, Scored
from generate.engines.local.checkpoint import MISSING, Checkpoint, locate
from warehouse.errors import InputError

if TYPE_CHECKING:
    from generate.engines.local.encoding import Encoder
    from generate.engines.local.network import Network
    from generate.engines.local.steered import Steered
    from generate.steering.plan import Intervention

# Padded tokens in a batch: enough to keep the device busy, few enough for its memory.
BATCH_TOKENS = {"cpu": 16_384, "cuda": 65_536}


def open_model(name: str, options: Options) -> LocalEngine:
    """Return the engine for `mirror-tiny/NAME`, `hf:PATH-OR-ID[+ADAPTER]` or `tuned:NAME`."""
    return LocalEngine(locate(name, adapters=options.adapters), options)


class LocalEngine:
    """A causal language model loaded from safetensors."""

    offered = prompts.READINGS

    def __init__(self, checkpoint: Checkpoint, options: Options) -> None:
        """Take the model's identity from its files."""
        self.checkpoint, self.options = checkpoint, options
        self.model: Row = checkpoint.row()
        self.interventions: Mapping[str, Intervention] = {}
        """Those under which requests may ask, by id."""

    @cached_property
    def device(self) -> str:
        """The device asked for, or the best there is."""
        if self.options.device != "auto":
            return self.options.device
        return "cuda" if _has_cuda() else "cpu"

    @cached_property
    def dtype(self) -> str:
        """The number format asked for, or the device's own."""
        if self.options.dtype != "auto":
            return self.options.dtype
        return "bfloat16" if self.device.startswith("cuda") else "float32"

    @property
    def budget(self) -> int:
        """Padded tokens in a batch."""
        kind = self.device.partition(":")[0]
        return self.options.batch_tokens or BATCH_TOKENS.get(kind, BATCH_TOKENS["cpu"])

    @property
    def cache_bytes_a_token(self) -> int:
        """Bytes of a token's keys and values in all layers, 0 where the config does not tell."""
        config = self.checkpoint.config
        config = config.get("text_config") or config
        heads = config.get("num_attention_heads") or config.get("n_head")
        width = config.get("hidden_size") or config.get("n_embd")
        if not (isinstance(heads, int) and isinstance(width, int)):
            return 0
        head = config.get("head_dim") or width // heads
        numbers = 2 * (config.get("num_key_value_heads") or heads) * head * self.checkpoint.layers
        return int(numbers) * (4 if self.dtype == "float32" else 2)

    def condition(self, reading: str, asking: Asking) -> Row:
        """Return the condition of a reading; the template says when there is no chat."""
        chats = self.checkpoint.chat_template is not None
        template = prompts.TEMPLATE if chats else f"{prompts.TEMPLATE}/plain"
        return condition_row(self.model, reading, asking, template=template, dtype=self.dtype)

    def prompt_tokens(self, requests: Sequence[Request]) -> list[int]:
        """Return the length of each request's prompt in tokens."""
        return [len(encoded.prompt) for encoded in self.encoder.encode(requests)]

    def answer(self, requests: Sequence[Request]) -> Iterator[list[Row]]:
        """Yield rows of `responses` batch by batch."""
        encoded = self.encoder.encode(requests)
        unasked = [row for one in encoded if (row := self._refused(one))]
        if unasked:
            yield unasked
        asked = [one for one in encoded if not self._refused(one)]
        yield from self._score([one for one in asked if one.request.reading != "text"])
        yield from self._write([one for one in asked if one.request.reading == "text"])

    def _refused(self, encoded: Encoded) -> Row | None:
        """Return the row of a request that the model cannot be asked, or None."""
        request, context = encoded.request, self.checkpoint.context
        if not all(encoded.continuations):
            error = "An option is empty, so it has no probability."
            return request.row("failed", error_class="engine", error=error)
        if context is not None and encoded.longest > context:
            error = f"The prompt needs {encoded.longest:,} tokens and the model reads {context:,}."
            return request.row("too_long", error=error, prompt_tokens=len(encoded.prompt))
        return None

    def _score(self, encoded: Sequence[Encoded]) -> Iterator[list[Row]]:
        plain = [one for one in encoded if one.request.condition["intervention_id"] is None]
        pushed = [one for one in encoded if one.request.condition["intervention_id"] is not None]
        yield from self._score_plain(plain)
        yield from self._steer(pushed)

    def _steer(self, encoded: Sequence[Encoded]) -> Iterator[list[Row]]:
        if not encoded:
            return
        from generate.engines.local import steered

        def work(items: Sequence[steered.Steered]) -> list[Row]:
            found = steered.score(self.network, items)
            return [
                _scored_row(item.encoded, one.logprobs, kl=one.kl)
                for item, one in zip(items, found, strict=True)
            ]

        items = [steered.Steered(one, self._intervention(one)) for one in encoded]
        for part in steered.parts(items, self.budget):
            yield from batches.halving(part, work, _give_up)

    def _intervention(self, encoded: Encoded) -> Intervention:
        return self.interventions[encoded.request.condition["intervention_id"]]

    def _score_plain(self, encoded: Sequence[Encoded]) -> Iterator[list[Row]]:
        if not encoded:
            return
        work = partial(_score_batch, self.network)
        made = batches.groups(map(batches.scored, encoded))
        for batch in batches.mixed(batches.batches(made, self.budget)):
            items = [item for group in batch for item in group.items]
            yield from batches.halving(items, work, _give_up)

    def _write(self, encoded: Sequence[Encoded]) -> Iterator[list[Row]]:
        alike: dict[tuple[str, str | None], list[Encoded]] = {}
        for one in encoded:
            condition = one.request.condition
            way = condition["sampling"], condition["intervention_id"]
            alike.setdefault(way, []).append(one)
        for (settings, _), members in alike.items():
            sampling = Sampling(**json.loads(settings))
            work = partial(self._write_batch, self.network, sampling)

            def cost(one: Encoded, room: int = sampling.max_tokens) -> int:
                return len(one.prompt) + room

            for batch in batches.mixed(batches.by_budget(members, cost, self.budget)):
                yield from batches.halving(batch, work, _give_up)

    def _write_batch(
        self, network: Network, sampling: Sampling, encoded: Sequence[Encoded]
    ) -> list[Row]:
        from generate.engines.local import decoding

        draws = [
            decoding.Draw(
                tuple(one.prompt), one.request.request_key, self._room(one, sampling.max_tokens)
            )
            for one in encoded
        ]
        tokenizer = self.encoder.tokenizer
        stops = network.stops(tokenizer.eos_token_id)
        if encoded[0].request.condition["intervention_id"] is not None:
            from generate.engines.local.steered import writing

            steered = writing(network, self._intervention(encoded[0]))
            decoding.write(network, draws, sampling, stops, steered)
        else:
            decoding.write(network, draws, sampling, stops)
        texts = tokenizer.batch_decode([draw.tokens for draw in draws], skip_special_tokens=True)
        return [
            one.request.row(
                "ok" if draw.stopped else "truncated",
                text=text,
                finish_reason="stop" if draw.stopped else "length",
                prompt_tokens=len(one.prompt),
                completion_tokens=len(draw.tokens),
                cost_usd=0.0,
            )
            for one, draw, text in zip(encoded, draws, texts, strict=True)
        ]

    def _room(self, encoded: Encoded, wanted: int) -> int:
        context = self.checkpoint.context
        return wanted if context is None else min(wanted, context - len(encoded.prompt))

    @cached_property
    def encoder(self) -> Encoder:
        """The tokenizer, loaded when first needed."""
        try:
            from generate.engines.local import encoding
        except ImportError as error:
            raise InputError(MISSING) from error
        return encoding.load(self.checkpoint, self.options.trust_remote_code)

    @cached_property
    def network(self) -> Network:
        """The network on its device, loaded when first needed."""
        try:
            from generate.engines.local import network
        except ImportError as error:
            raise InputError(MISSING) from error
        return network.load(
            self.checkpoint, self.device, self.dtype, self.options.trust_remote_code
        )


def _score_batch(network: Network, items: Sequence[Scored]) -> list[Row]:
    from generate.engines.local import scoring

    made = batches.groups(items)
    values = scoring.logprobs(network, made)
    ordered = [item for group in made for item in group.items]
    return [_scored_row(item.encoded, found) for item, found in zip(ordered, values, strict=True)]


def _give_up(item: Scored | Steered | Encoded, error: Exception) -> Row:
    encoded = item if isinstance(item, Encoded) else item.encoded
    lines = str(error).strip().splitlines() or [""]
    return encoded.request.row(
        "failed",
        error_class="engine",
        error=f"{type(error).__name__}: {lines[0]}"[:500],
        prompt_tokens=len(encoded.prompt),
    )


def _scored_row(encoded: Encoded, values: list[float], **more: float) -> Row:
    counts = {
        "prompt_tokens": len(encoded.prompt),
        "completion_tokens": sum(map(len, encoded.continuations)),
    }
    if not all(map(math.isfinite, values)):
        error = "The model gave a probability that is not a number."
        return encoded.request.row("failed", error_class="engine", error=error, **counts)
    return encoded.request.row("ok", choice_logprobs=values, cost_usd=0.0, **counts, **more)


def _has_cuda() -> bool:
    """Return whether torch can use a GPU, asking it only where there may be one."""
    try:
        ctypes.CDLL("nvcuda.dll" if ctypes.sizeof(ctypes.c_wchar) == 2 else "libcuda.so.1")
    except OSError:
        return False
    import torch

    return bool(torch.cuda.is_available())
