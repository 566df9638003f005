"""The tokens of one request as its provider bills them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens by what became of them; an input token stands in exactly one of the first four."""

    input_tokens: int
    """Neither read from the cache nor written to it."""
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    """Written to live short: 5 minutes at Anthropic, 30 at OpenAI."""
    cache_write_1h_tokens: int = 0
    """Written to live long: 1 hour at Anthropic, 12 at OpenAI."""
    output_tokens: int = 0
    """All that was generated, reasoning included."""
    reasoning_tokens: int = 0
    """How many of the output tokens were reasoning; billed as output, never twice."""

    @property
    def prompt_tokens(self) -> int:
        """Return the length of the prompt, which decides whether it is billed as a long one."""
        return (
            self.input_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
            + self.cache_write_1h_tokens
        )
