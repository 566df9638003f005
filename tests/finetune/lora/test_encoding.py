"""What is trained is what is asked: the ids of training rows against those of the engine."""

from __future__ import annotations

import json

import pytest

from finetune.dataset.sets import Example
from finetune.lora.encoding import encode, end_of_reply
from generate.engines.base import Asking, Options, Request
from generate.engines.registry import open_engine
from tests.finetune.lora import tiny
from tests.generate import models
from warehouse import keys
from warehouse.errors import InputError

OPTIONS = Options(device="cpu")


@pytest.mark.parametrize("chat", [models.CHAT, models.CHAT_NEWLINE, None])
def test_prompts_are_those_that_are_asked(tmp_path, chat):
    engine = open_engine(f"hf:{tiny.folder(tmp_path / 'm', chat=chat)}", OPTIONS)
    rows = tiny.examples()
    # The same question twice with two replies, as a rehearsed and a changed row have it.
    rows.append(Example(**{**vars(rows[0]), "reply": "(A) red"}))
    condition = engine.condition("text", Asking())
    asked = [
        Request("", str(n), "-", "text", 0, 1, json.loads(row.messages), [], condition)
        for n, row in enumerate(rows)
    ]
    prompts = [encoded.prompt for encoded in engine.encoder.encode(asked)]
    tokenizer = engine.encoder.tokenizer
    for row, sample, prompt in zip(rows, encode(engine, rows), prompts, strict=True):
        assert list(sample.ids[: sample.start]) == prompt
        *reply, end = sample.ids[sample.start :]
        assert tokenizer.decode(reply).strip() == row.reply
        assert end == tokenizer.eos_token_id


def test_a_reply_ends_where_the_template_ends_it():
    tokenizer = models.tokenizer(models.CHAT.replace("</s>", "<|system|>"))
    assert end_of_reply(tokenizer, True) == tokenizer.convert_tokens_to_ids(["<|system|>"])
    assert end_of_reply(tokenizer, False) == [tokenizer.eos_token_id]
    refusing = models.tokenizer("{{ raise_exception('no') }}")
    assert end_of_reply(refusing, True) == [tokenizer.eos_token_id]
    # Plain text after the reply is no end.
    bare = models.tokenizer("{% for m in messages %}{{ m['content'] + ' next ' }}{% endfor %}")
    assert end_of_reply(bare, True) == [tokenizer.eos_token_id]


def test_a_row_that_would_lose_its_reply_is_refused(tmp_path):
    engine = open_engine(f"hf:{tiny.folder(tmp_path / 'm', context=20)}", OPTIONS)
    with pytest.raises(InputError, match=r"rows of the training set need up to \d+ tokens .* 20"):
        encode(engine, tiny.examples())
    messages = keys.canonical([{"role": "user", "content": "?"}])
    empty = Example("object", "q", "g", None, None, messages, "")
    with pytest.raises(InputError, match="is empty"):
        encode(engine, [empty])
