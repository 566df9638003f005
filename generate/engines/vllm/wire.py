"""Choices and texts from a running vLLM server, exactly and without its transport.

Everything goes through `/v1/completions` with prompts as ids: what a chat endpoint would do to
a prompt or a reply in between (reasoning parsers, tool parsers) cannot touch either. Every
setting is sent, since a server fills in those left out from the model's own defaults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generate.engines.base import Request
from generate.engines.vllm import answers, sampling
from generate.engines.vllm.answers import Answer
from generate.engines.vllm.facts import Json, Post, Server
from generate.engines.vllm.ids import Ids
from generate.engines.vllm.reads import MOST_IDS, Read, reads, totals
from warehouse.errors import InputError

PATH = "/v1/completions"
# Prompts in one call: all reads of nearly every request, far fewer than a server accepts.
_MOST_READS = 256
_PLAIN = {
    "n": 1,
    "min_p": 0.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repetition_penalty": 1.0,
}


async def answer(post: Post, ids: Ids, request: Request) -> Answer:
    """Return what becomes of a request; raises what `post` raises, and InputError.

    It takes one call for the prompt's ids, some for those of options not seen before, and one
    for the answer.
    """
    server = ids.server
    prompt = await ids.prompt(request)
    options = await ids.continuations(request, prompt)
    unasked = answers.refused(prompt, options, server.context)
    if unasked is not None:
        return unasked
    if request.reading == "text":
        reply = await post(PATH, text_payload(server, request, prompt))
        found = read_text(reply, prompt)
    else:
        values, reply = await read_choices(post, server, prompt, options)
        found = answers.scored(values, prompt, options)
    return Answer(found.status, found.fields | _computed_by(server, reply))


def _computed_by(server: Server, reply: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "served_model": reply.get("model"),
        "system_fingerprint": reply.get("system_fingerprint"),
        "engine_version": server.engine_version,
        "batch_invariant": None,  # no server says
    }


async def read_choices(
    post: Post, server: Server, prompt: Sequence[int], continuations: Sequence[Sequence[int]]
) -> tuple[list[float], Json]:
    """Return the natural-log probability of each continuation, and the server's last reply."""
    made = reads(prompt, continuations)
    found: list[dict[int, float]] = []
    reply: Json = {}
    for part in _calls(made):
        reply = await post(PATH, choices_payload(server, part))
        found += read_logprobs(reply, part)
    return totals(made, found, len(continuations)), reply


def choices_payload(server: Server, part: Sequence[Read]) -> Json:
    """Return the call that reads all places of `part`, for every id wanted at any of them."""
    return {
        **_PLAIN,
        "model": server.model,
        "prompt": [read.tokens for read in part],
        "max_tokens": 1,
        "temperature": 0.0,
        "top_p": 1.0,
        "top_k": 0,
        "logprobs": 1,
        "logprob_token_ids": sorted(_ids(part)),
        "return_tokens_as_token_ids": True,
    }


def read_logprobs(reply: Mapping[str, Any], part: Sequence[Read]) -> list[dict[int, float]]:
    """Return the log-probability by id at each place; raise InputError if they are not there."""
    choices = sorted(reply["choices"], key=lambda choice: choice["index"])
    found = [_at_place(choice["logprobs"]) for choice in choices]
    if len(found) != len(part) or any(
        token not in values for read, values in zip(part, found, strict=True) for token in read.ids
    ):
        raise InputError(
            "The server did not return the probabilities of the tokens asked for. It has to be "
            "vLLM in a version that knows 'logprob_token_ids', such as 0.32."
        )
    return found


def _at_place(given: Mapping[str, Any]) -> dict[int, float]:
    values = {
        int(token.removeprefix("token_id:")): float(value)
        for token, value in given["top_logprobs"][0].items()
    }
    # The most probable token is always among them, so scores that are no logarithms of
    # probabilities show; 0 itself is possible, and rounding may put a value just above it.
    if max(values.values()) > 1e-3:
        raise InputError(
            "The server returns scores above 0 as log-probabilities. "
            "Start it without --logprobs-mode."
        )
    return values


def text_payload(server: Server, request: Request, prompt: Sequence[int]) -> Json:
    """Return the call that writes one text."""
    longest = sampling.wanted(request).max_tokens
    room = longest if server.context is None else min(longest, server.context - len(prompt))
    return {
        **_PLAIN,
        **sampling.settings(request),
        "model": server.model,
        "prompt": list(prompt),
        "max_tokens": room,
        "return_token_ids": True,
    }


def read_text(reply: Mapping[str, Any], prompt: Sequence[int]) -> Answer:
    """Return the answer that a reply holds."""
    (choice,) = reply["choices"]
    # Nothing but end tokens stops a reply: no other stop is ever asked for.
    stopped = choice["finish_reason"] == "stop"
    return answers.written(choice["text"], stopped, len(choice["token_ids"]) - stopped, prompt)


def _calls(made: Sequence[Read]) -> Iterator[list[Read]]:
    """Yield the reads in parts that one call can ask for."""
    part: list[Read] = []
    for read in made:
        if part and (len(part) == _MOST_READS or len(_ids([*part, read])) > MOST_IDS):
            yield part
            part = []
        part.append(read)
    if part:
        yield part


def _ids(part: Sequence[Read]) -> set[int]:
    return {token for read in part for _, token in read.wanted}
