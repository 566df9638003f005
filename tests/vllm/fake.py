"""A server of one pretended model that speaks as vLLM does, in the part that is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generate.engines.vllm import facts

USER, END, REPLY = 0, 1, 2
TOP = 9


def logprob(tokens: list[int], token: int) -> float:
    """A made-up log-probability; that of the most probable token, TOP, is the greatest."""
    return -0.5 if token == TOP else -1.0 - (sum(tokens) * 7 + token * 3) % 100 / 10


class FakeServer:
    """Words are tokens; a template puts marks around messages unless `chats` is False."""

    def __init__(self, chats: bool = True, shift: float = 0.0) -> None:
        self.chats, self.shift = chats, shift
        self.words = ["<user>", "<end>", "<reply>"] + [f"<{i}>" for i in range(3, 10)]
        self.calls: list[tuple[str, Any]] = []

    async def get(self, path: str) -> dict[str, Any]:
        if path == "/version":
            return {"version": "9.9.9"}
        cards = [
            {"id": "fake", "parent": None, "max_model_len": 50, "root": "/secret/folder"},
            {"id": "tuned", "parent": "fake", "max_model_len": None, "root": "/secret/other"},
        ]
        return {"data": cards}

    async def post(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append((path, payload))
        return {
            "/tokenize": self._tokenize,
            "/detokenize": self._detokenize,
            "/v1/completions": self._complete,
        }[path](payload)

    def ids(self, text: str) -> list[int]:
        spaced = text.replace(">", "> ").replace("<", " <")
        return [self._id(word) for word in spaced.split()]

    def _id(self, word: str) -> int:
        if word not in self.words:
            self.words.append(word)
        return self.words.index(word)

    def _tokenize(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        if "messages" not in payload:
            return {"tokens": self.ids(payload["prompt"])}
        if not self.chats:
            raise facts.Refused(400, "you must provide a chat template")
        texts = [f"<user>{message['content']}<end>" for message in payload["messages"]]
        return {"tokens": self.ids("".join(texts) + "<reply>")}

    def _detokenize(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"prompt": " ".join(self.words[token] for token in payload["tokens"])}

    def _complete(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        told = {"model": payload["model"], "system_fingerprint": "vllm-9.9.9-abc"}
        if "logprob_token_ids" not in payload:
            reply = {"text": "well", "finish_reason": "stop", "token_ids": [11, END]}
            return {"choices": [reply], **told}
        choices = [
            {"index": i, "logprobs": {"top_logprobs": [self._values(tokens, payload)]}}
            for i, tokens in enumerate(payload["prompt"])
        ]
        return {"choices": choices[::-1], **told}

    def _values(self, tokens: list[int], payload: Mapping[str, Any]) -> dict[str, float]:
        asked = [TOP, *payload["logprob_token_ids"]]
        return {f"token_id:{token}": logprob(tokens, token) + self.shift for token in asked}
