"""A loaded model: ids in, log-probabilities or ids out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from generate.engines.vllm.reads import Read
from warehouse.errors import LakeError


@dataclass(frozen=True, slots=True)
class Draw:
    """One text to be written: its prompt, its settings, and the tokens there is room for."""

    prompt: list[int]
    settings: dict[str, Any]
    room: int


class Model:
    """vLLM's offline engine, with an adapter where there is one."""

    def __init__(self, llm: Any, lora: Any) -> None:
        """Wrap a loaded `vllm.LLM` and the `LoRARequest` that goes with every prompt."""
        from vllm import SamplingParams

        self._llm, self._lora, self._params = llm, lora, SamplingParams

    def logprobs(self, reads: Sequence[Read]) -> list[dict[int, float]]:
        """Return for each read the natural-log probability of each id wanted.

        They are the model's own, of a log-softmax in float32 over the whole vocabulary,
        whatever the number format of the weights.
        """
        params = [
            self._params(
                temperature=0.0, max_tokens=1, logprob_token_ids=read.ids, detokenize=False
            )
            for read in reads
        ]
        outputs = self._run([read.tokens for read in reads], params)
        found = [output.outputs[0].logprobs[0] for output in outputs]
        return [
            {token: float(values[token].logprob) for token in read.ids}
            for read, values in zip(reads, found, strict=True)
        ]

    def write(self, draws: Sequence[Draw]) -> list[tuple[list[int], bool]]:
        """Return for each draw its tokens and whether the model ended it.

        The token that ends a reply is left out.
        """
        params = [
            self._params(max_tokens=draw.room, detokenize=False, **draw.settings) for draw in draws
        ]
        outputs = self._run([draw.prompt for draw in draws], params)
        replies = [output.outputs[0] for output in outputs]
        # Nothing but end tokens stops a reply: no other stop is ever asked for.
        stopped = [reply.finish_reason == "stop" for reply in replies]
        return [
            (list(reply.token_ids)[: -1 if ended else None], ended)
            for reply, ended in zip(replies, stopped, strict=True)
        ]

    def close(self) -> None:
        """Let go of the weights; the model answers no more."""
        self._llm.llm_engine.engine_core.shutdown()
        self._llm = None

    def _run(self, prompts: Sequence[list[int]], params: Sequence[Any]) -> list[Any]:
        """Return vLLM's outputs in the order of the prompts.

        A prompt that vLLM refuses is an error of its own; a computation that breaks leaves
        requests behind inside vLLM, whose answers would be taken for those of later prompts.
        """
        given = [{"prompt_token_ids": prompt} for prompt in prompts]
        try:
            outputs = self._llm.generate(
                given, list(params), use_tqdm=False, lora_request=self._lora
            )
        except Exception as error:
            if self._llm.llm_engine.has_unfinished_requests():
                line = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise LakeError(
                    f"vLLM stopped while computing ({line.rstrip('.')}); the answers before are "
                    "kept. Run the same command to continue, with fewer --batch-tokens if memory "
                    "was short."
                ) from error
            raise
        return list(outputs)
