"""What goes over the wire, and what is made of what comes back; the server is pretended."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import pytest

from generate import prompts
from generate.engines.base import Request, Sampling
from generate.engines.vllm import facts, wire
from generate.engines.vllm.answers import Answer
from generate.engines.vllm.ids import Ids
from generate.engines.vllm.reads import MOST_IDS
from tests.vllm import asked
from tests.vllm.fake import END, REPLY, USER, FakeServer, logprob
from warehouse.errors import InputError


def request(reading: str, variant: str = "-", choices: tuple[str, ...] = ()) -> Request:
    return Request(
        "k1_0123456789", "q", variant, reading, 0, 1, [{"role": "user", "content": "one two"}],
        choices, asked.condition(Sampling(temperature=0.7, top_p=0.9, max_tokens=40)),
    )  # fmt: skip


def answer(server: FakeServer, one: Request, model: str = "fake") -> Answer:
    async def ask() -> Answer:
        found = await facts.facts(server.get, server.post, model)
        return await wire.answer(server.post, Ids(server.post, found), one)

    return asyncio.run(ask())


def test_an_option_of_several_tokens_is_the_sum_of_its_tokens():
    server = FakeServer()
    found = answer(server, request("cloze", choices=("red sky", "red", "blue")))
    prompt = [USER, *server.ids("one two"), END, REPLY]
    red, sky, blue = server.ids("red sky blue")
    assert found.status == "ok"
    assert found.fields["choice_logprobs"] == pytest.approx(
        [logprob(prompt, red) + logprob([*prompt, red], sky), logprob(prompt, red),
         logprob(prompt, blue)]
    )  # fmt: skip
    assert (found.fields["prompt_tokens"], found.fields["completion_tokens"]) == (len(prompt), 4)
    (call,) = [payload for path, payload in server.calls if path == wire.PATH]
    assert call["prompt"] == [prompt, [*prompt, red]]
    assert call["temperature"] == 0 and call["repetition_penalty"] == 1.0


def test_a_row_names_server_and_version_but_no_folder():
    found = answer(FakeServer(), request("letter", "AB", ("x", "y")), "tuned")
    assert found.fields["served_model"] == "tuned"
    assert found.fields["engine_version"] == "vllm 9.9.9"
    assert found.fields["system_fingerprint"] == "vllm-9.9.9-abc"
    assert "secret" not in str(found)


def test_without_a_chat_template_the_prompt_is_plain_text():
    server = FakeServer(chats=False)
    found = answer(server, request("letter", "AB", ("x", "y")))
    assert found.status == "ok"
    text = prompts.plain(request("letter", "AB", ("x", "y")).shown())
    assert found.fields["prompt_tokens"] == len(server.ids(text))
    assert "/detokenize" not in [path for path, _ in server.calls]


def test_letters_are_encoded_once():
    server = FakeServer()

    async def ask() -> None:
        ids = Ids(server.post, await facts.facts(server.get, server.post, "fake"))
        for _ in range(3):
            await wire.answer(server.post, ids, request("letter", "AB", ("x", "y")))

    asyncio.run(ask())
    paths = [path for path, _ in server.calls]
    # One for the server, then a prompt each time and two letters once.
    assert (paths.count("/tokenize"), paths.count("/detokenize")) == (1 + 3 + 2, 1)


def test_more_tokens_than_a_server_returns_at_once_take_more_calls():
    server = FakeServer()
    choices = tuple(f"w{i}" for i in range(MOST_IDS + 5))
    found = answer(server, request("cloze", choices=choices))
    assert found.status == "ok" and len(found.fields["choice_logprobs"]) == len(choices)
    calls = [payload for path, payload in server.calls if path == wire.PATH]
    assert [len(call["logprob_token_ids"]) for call in calls] == [MOST_IDS, 5]


def test_text_is_asked_with_every_setting_and_keeps_to_the_context():
    server = FakeServer()
    one = request("text")
    found = answer(server, one)
    assert (found.status, found.fields["text"]) == ("ok", "well")
    assert found.fields["completion_tokens"] == 1
    sent = server.calls[-1][1]
    assert (sent["temperature"], sent["top_p"], sent["top_k"]) == (0.7, 0.9, 0)
    assert sent["seed"] == one.seed
    assert sent["max_tokens"] == 40
    longer = replace(one, messages=[{"role": "user", "content": "word " * 30}])
    answer(server, longer)
    assert server.calls[-1][1]["max_tokens"] == 50 - 33


def test_what_cannot_be_asked_is_not_sent():
    server = FakeServer()
    longer = replace(request("text"), messages=[{"role": "user", "content": "word " * 60}])
    assert answer(server, longer).status == "too_long"
    assert answer(server, request("cloze", choices=("", "x"))).status == "failed"
    assert wire.PATH not in [path for path, _ in server.calls]


def test_scores_that_are_no_log_probabilities_are_refused():
    with pytest.raises(InputError, match="without --logprobs-mode"):
        answer(FakeServer(shift=5.0), request("letter", "AB", ("x", "y")))


def test_a_server_that_ignores_what_is_asked_is_refused(monkeypatch):
    monkeypatch.setattr(FakeServer, "_values", lambda *_: {"token_id:9": -0.5})
    with pytest.raises(InputError, match="logprob_token_ids"):
        answer(FakeServer(), request("letter", "AB", ("x", "y")))


def test_probabilities_that_are_no_numbers_fail():
    found = answer(FakeServer(shift=-math.inf), request("letter", "AB", ("x", "y")))
    assert (found.status, found.fields["error_class"]) == ("failed", "engine")


def test_an_unknown_model_is_one_sentence():
    with pytest.raises(InputError, match=r"no model 'fak'\. Did you mean 'fake'"):
        answer(FakeServer(), request("text"), "fak")
