"""How single replies of OpenAI's protocol read, those of odd servers among them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from generate.engines.base import Options, Request
from generate.engines.openai import OpenAIProvider
from generate.engines.registry import open_engine
from generate.remote.trouble import Trouble


def request(reading: str = "letter", variant: str = "BA") -> Request:
    condition = {"condition_id": "c", "model_id": "m", "system_prompt": None, "sampling": "{}"}
    return Request(
        request_key="k1_" + "0" * 60,
        question_id="q",
        variant=variant,
        reading=reading,
        sample_index=0,
        attempt=1,
        messages=[{"role": "user", "content": "?"}],
        choices=["left", "right"],
        condition=condition,
    )


def tokens(**logprobs: float) -> dict[str, Any]:
    top = [{"token": t, "logprob": v, "bytes": None} for t, v in logprobs.items()]
    return {"logprobs": {"content": [{"token": "A", "logprob": 0.0, "top_logprobs": top}]}}


def completion(choice: dict[str, Any]) -> ChatCompletion:
    message = {"role": "assistant", "content": "A"}
    whole = {"index": 0, "finish_reason": "stop", "message": message, **choice}
    return ChatCompletion.model_validate(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [whole]}
    )


def provider() -> OpenAIProvider:
    found = open_engine("openai:m@http://127.0.0.1:9/v1", Options())
    assert isinstance(found, OpenAIProvider)
    return found


def test_letters_stand_in_stored_order():
    reply = provider().read(request(), completion(tokens(A=-2.0, B=-0.5)))
    # Shown as B, A: the letter A stands before the second stored option.
    assert reply.fields["choice_logprobs"] == pytest.approx([-0.5, -2.0])


def test_a_letter_with_a_space_is_the_same_answer():
    found = tokens(**{"A": math.log(0.25), " A": math.log(0.5), "B": math.log(0.1)})
    reply = provider().read(request(variant="AB"), completion(found))
    assert reply.fields["choice_logprobs"] == pytest.approx([math.log(0.75), math.log(0.1)])


def test_a_letter_that_is_not_reported_is_null():
    reply = provider().read(request(variant="AB"), completion(tokens(A=-0.1, The=-3.0)))
    assert reply.fields["choice_logprobs"] == [pytest.approx(-0.1), None]
    assert reply.status == "ok"


def test_a_server_without_log_probabilities_is_said_so():
    reply = provider().read(request(), completion({}))
    assert (reply.status, reply.fields["error_class"]) == ("failed", "request")
    assert "--reading text" in reply.fields["error"]


@pytest.mark.parametrize("body", ["<html>", {"choices": []}, None])
def test_what_is_no_completion_may_have_been_paid_for(body):
    with pytest.raises(Trouble) as trouble:
        provider().read(request(), body)
    assert trouble.value.billed


@pytest.mark.parametrize(
    ("choice", "status"),
    [
        ({"finish_reason": "length"}, "truncated"),
        ({"finish_reason": "content_filter"}, "filtered"),
        ({"message": {"role": "assistant", "content": None, "refusal": "No."}}, "refused"),
        ({"finish_reason": "stop"}, "ok"),
    ],
)
def test_how_a_text_ends(choice, status):
    assert provider().read(request("text"), completion(choice)).status == status


def test_without_usage_there_is_no_price_and_no_zero():
    reply = provider().read(request("text"), completion({}))
    assert reply.usage is None
    assert provider().row(request("text"), reply)["cost_usd"] is None
