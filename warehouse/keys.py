"""Identity of rows: every key is a hash of what the row is about and of nothing else.

A key never contains a cost, a date, a code version or a study, so the same question asked
the same way is the same row whoever asks, and re-running any command converges.
The two-character prefix names the scheme; a change of scheme changes the prefix.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

# DuckDB expression with the same value as `request_key` below; planning stays set-based.
REQUEST_KEY_SQL = (
    "'k1_' || substr(sha256(concat_ws(chr(31), question_id, variant, reading, condition_id,"
    " CAST(sample_index AS VARCHAR))), 1, 60)"
)


# Made once: `json.dumps` makes an encoder a call, which takes longer than a short text.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8 kept as it is."""
    return _ENCODER.encode(value)


def digest(text: str, prefix: str, length: int) -> str:
    """Return `prefix` and the first `length` hex digits of the text's SHA-256."""
    return prefix + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def question_id(dataset: str, messages: Sequence[Mapping[str, str]], choices: Sequence[str]) -> str:
    """Return the key of a question: what is asked, never the answer, the group or the file."""
    body = [dataset, [[m["role"], m["content"]] for m in messages], list(choices)]
    return digest(canonical(body), "q1_", 40)


MODEL_IDENTITY = (
    "engine",
    "base",
    "revision",
    "weights_digest",
    "adapter",
    "adapter_digest",
    "tokenizer_digest",
    "chat_template_digest",
)


def model_id(row: Mapping[str, Any]) -> str:
    """Return the key of a `models` row: a hash of its identity columns, absent ones as NULL."""
    return digest(canonical([row.get(name) for name in MODEL_IDENTITY]), "m1_", 24)


CONDITION_IDENTITY = (
    "model_id",
    "engine",
    "dtype",
    "base_url",
    "template",
    "persona",
    "system_prompt",
    "intervention_id",
    "sampling",
)


def condition_id(row: Mapping[str, Any]) -> str:
    """Return the key of a `conditions` row: a hash of all its other columns, absent as NULL."""
    return digest(canonical([row.get(name) for name in CONDITION_IDENTITY]), "c1_", 24)


EDIT_IDENTITY = (
    "edit",
    "site",
    "layer",
    "head",
    "positions",
    "kind",
    "direction_id",
    "strength",
)


def intervention_id(edits: Sequence[Mapping[str, Any]]) -> str:
    """Return the key of an intervention: a hash of its edits, of which `dose` is only a reading."""
    body = [[edit.get(name) for name in EDIT_IDENTITY] for edit in edits]
    return digest(canonical(body), "v1_", 24)


def direction_id(kind: str, recipe: Mapping[str, Any]) -> str:
    """Return the key of a direction: a hash of its kind and of all that decides its vector."""
    return digest(canonical([kind, dict(recipe)]), "d1_", 24)


def request_key(
    question: str, variant: str, reading: str, condition: str, sample_index: int
) -> str:
    """Return the key of one sample; 63 characters, valid as a provider's `custom_id`."""
    text = "\x1f".join((question, variant, reading, condition, str(sample_index)))
    return digest(text, "k1_", 60)
