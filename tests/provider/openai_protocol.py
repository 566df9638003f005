"""OpenAI's chat completions: which requests are refused, what the replies and errors look like."""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from tests.provider import chance, replies
from tests.provider.dialects import Answer, Body, Failure, served
from tests.provider.settings import Settings

Wording = tuple[int, str, str, str | None, str | None]
"""Status, message, type, param and code of an error."""

FAILURES: dict[str, Wording] = {
    "wrong_key": (
        401,
        "Incorrect API key provided: wrong. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        "invalid_request_error",
        None,
        "invalid_api_key",
    ),
    "rate_limit": (
        429,
        "Rate limit reached for requests per min (RPM). Please try again shortly.",
        "requests",
        None,
        "rate_limit_exceeded",
    ),
    "server_error": (
        500,
        "The server had an error while processing your request. Sorry about that!",
        "server_error",
        None,
        None,
    ),
    "overloaded": (
        503,
        "The engine is currently overloaded, please try again later.",
        "server_error",
        None,
        None,
    ),
    "too_large": (400, "File is too large.", "invalid_request_error", None, None),
}

CACHE_STEP = 128

FIELDS = frozenset(
    [
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "metadata",
        "modalities",
        "model",
        "moderation",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    ]
)
"""What a request may hold; the real one refuses all else, such as the top-k of others."""


class OpenAI:
    """The protocol of `POST /v1/chat/completions`."""

    name = "openai"
    request_id_header = "x-request-id"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.prefixes: set[bytes] = set()

    def failure(self, kind: str) -> Failure:
        """Return the error of a kind."""
        return worded(*FAILURES[kind])

    def invalid(self, message: str, param: str | None = None, code: str | None = None) -> Failure:
        """Return the error 400 for a request that makes no sense."""
        return worded(400, message, "invalid_request_error", param, code)

    def missing(self, what: str) -> Failure:
        """Return the error 404 for an object that does not exist."""
        return worded(404, f"No such {what}", "invalid_request_error", "id", None)

    def check(self, body: Body, version: str | None = None) -> Failure | None:
        """Return why a chat request is refused, if it is."""
        model = body.get("model")
        if not model:
            return self.invalid("you must provide a model parameter")
        if unknown := sorted(set(body) - FIELDS):
            return self.invalid(f"Unrecognized request argument supplied: {unknown[0]}")
        if body.get("stream") or body.get("n") not in (None, 1):
            return self.invalid("Neither streams nor several choices are served here.")
        if model == "missing":
            return no_model(model)
        if not body.get("messages"):
            return self.invalid("Missing required parameter: 'messages'.", "messages")
        if "TOO LONG" in replies.prompt(replies.turns(body["messages"])):
            return self._too_long(body)
        return self._unsupported(body) if reasons(model) else self._misused_logprobs(body)

    def answer(self, body: Body, tier: str = "standard") -> Answer:
        """Return the completion of a chat request."""
        said = replies.turns(body["messages"])
        model = body["model"]
        reply = replies.reply(model, said, _most(body), thinks=reasons(model))
        cached = self._cached(model, replies.prompt(said))
        completion = {
            "id": f"chatcmpl-{chance.token(model, said, time.time_ns())}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": served(model),
            "choices": [_choice(body, reply)],
            "usage": _usage(reply, cached),
            "service_tier": "default",
            "system_fingerprint": "fp_loopback",
        }
        return Answer(completion, reply.input_tokens, reply.output_tokens, cached)

    def stamped(self, body: Body, request_id: str) -> Body:
        """Return an error's body: its request id is a header only."""
        return body

    def _too_long(self, body: Body) -> Failure:
        length = 128_001 + replies.tokens(replies.prompt(replies.turns(body["messages"])))
        return self.invalid(
            "This model's maximum context length is 128000 tokens. However, your messages resulted "
            f"in {length} tokens. Please reduce the length of the messages.",
            "messages",
            "context_length_exceeded",
        )

    def _misused_logprobs(self, body: Body) -> Failure | None:
        most = body.get("top_logprobs")
        if most is not None and not body.get("logprobs"):
            return self.invalid("'top_logprobs' needs 'logprobs' to be true.", "top_logprobs")
        if most is not None and not 0 <= most <= 20:
            return self.invalid("'top_logprobs' must be from 0 to 20.", "top_logprobs")
        return None

    def _unsupported(self, body: Body) -> Failure | None:
        if body.get("max_tokens") is not None:
            return self.invalid(
                "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead.",
                "max_tokens",
                "unsupported_parameter",
            )
        if body.get("temperature") not in (None, 1):
            return self.invalid(
                f"Unsupported value: 'temperature' does not support {body['temperature']} with "
                "this model. Only the default (1) value is supported.",
                "temperature",
                "unsupported_value",
            )
        if body.get("logprobs") or body.get("top_logprobs") is not None:
            message = "You are not allowed to request logprobs from this model"
            status = self.settings.logprobs_status
            return worded(status, message, "invalid_request_error", None, None)
        return None

    def _cached(self, model: str, text: str) -> int:
        """Return the tokens of the longest prefix seen before, and remember the text's prefixes.

        The real cache works in steps of 128 tokens from a least length on.
        """
        data = text.encode("utf-8", "surrogatepass")
        running = blake2b(model.encode())
        done = found = 0
        for length in range(self.settings.cache_from_tokens, len(data) // 4 + 1, CACHE_STEP):
            running.update(data[done : 4 * length])
            done = 4 * length
            digest = running.digest()
            found = length if digest in self.prefixes else found
            self.prefixes.add(digest)
        return found


def worded(
    status: int, message: str, kind: str, param: str | None = None, code: str | None = None
) -> Failure:
    """Return an error in OpenAI's shape."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return Failure(status, {"error": error})


def no_model(model: str) -> Failure:
    """Return the error 404 for a model that does not exist."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return worded(404, message, "invalid_request_error", None, "model_not_found")


def reasons(model: str) -> bool:
    """Whether a model thinks before it answers."""
    return model.startswith("o9-reason")


def model_object(name: str) -> Body:
    """Return a model as the models endpoint shows it."""
    return {"id": name, "object": "model", "created": 1_767_225_600, "owned_by": "loopback"}


def _most(body: Body) -> int | None:
    most: int | None = body.get("max_completion_tokens", body.get("max_tokens"))
    return most


def _choice(body: Body, reply: replies.Reply) -> Body:
    model = body["model"]
    refused, filtered = model.startswith("refuser"), model.startswith("filter")
    content = "" if filtered else reply.text
    message: Body = {
        "role": "assistant",
        "content": None if refused else content,
        "refusal": replies.REFUSAL if refused else None,
        "annotations": [],
    }
    return {
        "index": 0,
        "message": message,
        "logprobs": _logprobs(body, replies.REFUSAL if refused else content, refused),
        "finish_reason": "content_filter" if filtered else "length" if reply.cut else "stop",
    }


def _usage(reply: replies.Reply, cached: int) -> Body:
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reply.thinking_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _logprobs(body: Body, text: str, refused: bool) -> Body | None:
    if not body.get("logprobs"):
        return None
    letters = replies.options(replies.prompt(replies.turns(body["messages"])))
    most = body.get("top_logprobs") or 0
    shown = [
        _position(piece, most, replies.likely(piece, letters, f"{text}{place}"))
        for place, piece in enumerate(replies.pieces(text))
    ]
    return {"content": None, "refusal": shown} if refused else {"content": shown, "refusal": None}


def _position(piece: str, most: int, likely: Sequence[tuple[str, float]]) -> Body:
    top = [_scored(token, logprob) for token, logprob in likely[:most]]
    return {**_scored(piece, dict(likely)[piece]), "top_logprobs": top}


def _scored(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "bytes": list(token.encode()), "logprob": logprob}
