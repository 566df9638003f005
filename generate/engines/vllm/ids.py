"""Requests as the server's own token ids: its chat template, its tokenizer.

The same ids as those of the local encoder, found without having the tokenizer: a prompt comes
from the server's template, a reply's ids are those that follow the prompt's in the encoding of
both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from generate import prompts
from generate.engines.base import Request
from generate.engines.vllm.facts import Post, Server

# What a reply's ids can depend on: tokenizers cut a text into words before anything else, and
# none joins characters across so many tokens.
_TAIL = 8
# Replies remembered: letters come again and again, options do not.
_MOST = 100_000


@dataclass
class Ids:
    """The encoder of one model of a server."""

    post: Post
    server: Server
    _known: dict[tuple[tuple[int, ...], str], list[int]] = field(default_factory=dict)

    async def prompt(self, request: Request) -> list[int]:
        """Return the prompt's ids, up to where the reply begins."""
        if not self.server.chats:
            return await self._encode(prompts.plain(request.shown()), special=True)
        messages = [dict(message) for message in request.shown()]
        payload = {"model": self.server.model, "messages": messages, "add_generation_prompt": True}
        return list((await self.post("/tokenize", payload))["tokens"])

    async def continuations(self, request: Request, prompt: Sequence[int]) -> list[list[int]]:
        """Return the ids of each reply whose probability is read, as they follow the prompt."""
        if request.reading == "text":
            return []
        space = "" if self.server.chats else " "
        replies = [space + reply for reply in request.continuations()]
        tail = tuple(prompt[-_TAIL:])
        if any((tail, reply) not in self._known for reply in replies):
            text = await self._text(request, prompt)
            if len(self._known) > _MOST:
                self._known.clear()
            for reply in replies:
                self._known[tail, reply] = await self._after(text, prompt, reply)
        return [self._known[tail, reply] for reply in replies]

    async def _text(self, request: Request, prompt: Sequence[int]) -> str:
        if not self.server.chats:
            return prompts.plain(request.shown())
        payload = {"model": self.server.model, "tokens": list(prompt)}
        return str((await self.post("/detokenize", payload))["prompt"])

    async def _after(self, text: str, prompt: Sequence[int], reply: str) -> list[int]:
        """Return the reply's ids after the prompt.

        A tokenizer may join the reply with the last characters of the prompt; the prompt has
        then no ids of its own inside the whole, and the reply is encoded by itself.
        """
        whole = await self._encode(text + reply, special=not self.server.chats)
        if whole[: len(prompt)] == list(prompt) and len(whole) > len(prompt):
            return whole[len(prompt) :]
        return await self._encode(reply, special=False)

    async def _encode(self, text: str, special: bool) -> list[int]:
        payload = {"model": self.server.model, "prompt": text, "add_special_tokens": special}
        return list((await self.post("/tokenize", payload))["tokens"])
