"""Requests as token ids: prompts through the chat template, continuations in their context."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from jinja2.exceptions import TemplateError
from transformers import AutoTokenizer
from transformers.utils import logging

from generate import prompts
from generate.engines.base import Request
from generate.engines.local.batches import Encoded
from generate.engines.local.checkpoint import Checkpoint, unloadable
from warehouse.errors import InputError


def load(checkpoint: Checkpoint, trust_remote_code: bool) -> Encoder:
    """Return the encoder of a checkpoint; raise InputError if its tokenizer cannot be loaded."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            checkpoint.folder, local_files_only=True, trust_remote_code=trust_remote_code
        )
    except Exception as error:  # tokenizers raises bare exceptions
        raise unloadable("tokenizer", checkpoint, error) from error
    return Encoder(tokenizer)


class Encoder:
    """A tokenizer that knows whether its model chats."""

    def __init__(self, tokenizer: Any) -> None:
        """Wrap a transformers tokenizer; one without a chat template is asked in plain text."""
        self.tokenizer = tokenizer
        self.chats = tokenizer.chat_template is not None
        added = tokenizer.added_tokens_decoder.items()
        self._special = {token_id for token_id, token in added if token.special}
        self._after = lru_cache(maxsize=100_000)(self._ids_after)

    def encode(self, requests: Sequence[Request]) -> list[Encoded]:
        """Return the requests as ids.

        Raises InputError where the chat template refuses the messages.
        """
        # Samples and interventions of one prompt differ in nothing that is read here.
        once = {_shown(request): request for request in requests}
        texts = [self.render(request) for request in once.values()]
        ids = self.tokenizer(texts, add_special_tokens=not self.chats)["input_ids"]
        found = {
            key: (prompt, self._continuations(request, text, prompt))
            for (key, request), text, prompt in zip(once.items(), texts, ids, strict=True)
        }
        return [Encoded(request, *found[_shown(request)]) for request in requests]

    def render(self, request: Request) -> str:
        """Return the prompt's text, up to where the reply begins."""
        messages = request.shown()
        if not self.chats:
            return prompts.plain(messages)
        try:
            return str(
                self.tokenizer.apply_chat_template(
                    messages, add_generation_prompt=True, tokenize=False
                )
            )
        except TemplateError as error:
            roles = ", ".join(message["role"] for message in messages)
            raise InputError(
                f"The model's chat template refuses the messages ({roles}): {error}."
            ) from error

    def _continuations(self, request: Request, text: str, prompt: list[int]) -> list[list[int]]:
        if request.reading == "text":
            return []
        space = "" if self.chats else " "
        replies = [space + reply for reply in request.continuations()]
        if prompt[-1] not in self._special:
            return [self._ids_after(text, tuple(prompt), reply) for reply in replies]
        # Text is cut at special tokens before anything else, so that token is all the context.
        anchor = self.tokenizer.decode([prompt[-1]], skip_special_tokens=False)
        return [self._after(anchor, (prompt[-1],), reply) for reply in replies]

    def _ids_after(self, before: str, before_ids: tuple[int, ...], reply: str) -> list[int]:
        """Return the reply's ids as they follow `before`.

        A tokenizer may join the reply with the last characters of the prompt; the prompt has
        then no ids of its own inside the whole, and the reply is encoded by itself.
        """
        whole = self.tokenizer(before + reply, add_special_tokens=not self.chats)["input_ids"]
        if tuple(whole[: len(before_ids)]) == before_ids and len(whole) > len(before_ids):
            return list(whole[len(before_ids) :])
        return list(self.tokenizer(reply, add_special_tokens=False)["input_ids"])


def _shown(request: Request) -> tuple[str, str, str, str | None]:
    """Return what a request's prompt and continuations depend on."""
    return (
        request.question_id,
        request.variant,
        request.reading,
        request.condition["system_prompt"],
    )
