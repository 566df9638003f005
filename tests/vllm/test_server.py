"""A running vLLM server, through public addresses only, gives what transformers gives.

Run with the Python of vLLM's own environment: `make vllm`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from generate.engines.base import Options, Request, Row, Sampling
from generate.engines.local.engine import open_model as local
from generate.engines.vllm import facts
from generate.engines.vllm.engine import open_model
from generate.engines.vllm.served import VllmServer
from generate.job import ResponsesJob
from generate.responses import generate_responses
from ingest import starter
from tests.vllm import asked
from tests.vllm.compared import require_equal_choices, require_equal_texts
from tests.vllm.conftest import without_template
from tests.vllm.serving import Server
from warehouse.errors import InputError
from warehouse.lake import open_lake

pytestmark = pytest.mark.vllm

IN_FLIGHT = 16


def on(kind: str) -> pytest.MarkDecorator:
    """Ask the server of one kind; tests of one kind run together."""
    return pytest.mark.parametrize("server", [kind], indirect=True)


def over_http(server: Server, model: str, requests: Sequence[Request]) -> dict[str, Row]:
    """Return the server's rows by request key, as the provider gives them."""
    provider = open_model(f"vllm:{model}@{server.url}", Options())
    assert isinstance(provider, VllmServer)

    async def ask() -> dict[str, Row]:
        places = asyncio.Semaphore(IN_FLIGHT)

        async def one(request: Request) -> Row:
            async with places:
                return provider.row(request, await provider.ask(request, timeout=120.0))

        rows = await asyncio.gather(*map(one, requests))
        await provider.close()
        return {row["request_key"]: row for row in rows}

    return asyncio.run(ask())


@on("base")
def test_the_command_fills_a_lake_from_a_server(server, tmp_path):
    lake = open_lake(tmp_path / "lake", create=True)
    with lake.run("ingest starter") as run:
        run.append("questions", starter.items())
    job = ResponsesJob(
        questions="starter",
        model=f"vllm:base@{server.url}/v1",
        readings=("letter", "cloze", "text"),
        limit=20,
        options=Options(dtype="float32"),
    )
    assert sum(generate_responses(lake, job).statuses.values()) == 100
    assert generate_responses(lake, job).cached == 100
    with lake.reader() as con:
        found = con.execute(
            "SELECT DISTINCT r.cost_usd, r.engine_version LIKE 'vllm 0.%', c.dtype, c.engine"
            " FROM responses r JOIN conditions c USING (condition_id)"
        ).fetchall()
    assert found == [(0.0, True, "float32", "vllm")]


def said(server: Server, model: str) -> facts.Server:
    return asyncio.run(facts.facts(server.get, server.post, model))


@pytest.mark.parametrize(
    ("server", "model"), [("base", "base"), ("m1", "m1-self"), ("plain", "plain")],
    indirect=["server"],
)  # fmt: skip
def test_choices_and_greedy_texts_agree_with_transformers(server, model, tmp_path):
    plain = model == "plain"
    name = f"hf:{without_template(tmp_path / 'base')}" if plain else f"mirror-tiny/{model}"
    theirs = local(name, Options(dtype="float32"))
    choices, texts = asked.choices(100), asked.texts()
    require_equal_choices(
        f"{model} over HTTP", over_http(server, model, choices), asked.rows(theirs, choices)
    )
    require_equal_texts(
        f"{model} over HTTP", over_http(server, model, texts), asked.rows(theirs, texts)
    )


@on("base")
def test_a_server_says_what_it_serves(server):
    found = said(server, "base")
    assert (found.context, found.base, found.chats) == (32768, None, True)
    assert found.engine_version.startswith("vllm 0.")


@on("m1")
def test_an_adapter_names_its_base(server):
    found = said(server, "m1-self")
    assert (found.context, found.base) == (2048, "m1")
    with pytest.raises(InputError, match=r"no model 'm1-sel'\. Did you mean 'm1-self'"):
        said(server, "m1-sel")


@on("m1")
def test_a_prompt_beyond_the_context_is_not_sent(server):
    one = asked.choices(1)[0]
    one.messages[0]["content"] = "word " * 5000
    (row,) = over_http(server, "m1", [one]).values()
    assert row["status"] == "too_long"


@on("base")
def test_rows_name_the_server(server):
    (row,) = over_http(server, "base", asked.texts(1)).values()
    assert row["served_model"] == "base"
    assert row["system_fingerprint"].startswith("vllm-")
    assert row["engine_version"].startswith("vllm 0.")


@on("base")
def test_samples_are_drawn_and_repeat(server):
    drawn = asked.texts(12, Sampling(temperature=1.5, top_p=0.9, top_k=50, max_tokens=12))
    first, again = (over_http(server, "base", drawn) for _ in range(2))
    assert {key: row["text"] for key, row in first.items()} == {
        key: row["text"] for key, row in again.items()
    }
