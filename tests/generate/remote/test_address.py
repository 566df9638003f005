"""Where a model is asked: URLs, keys, and what may never be stored."""

from __future__ import annotations

import pytest

from generate.engines.base import Options
from generate.engines.registry import open_engine
from generate.remote.address import parse
from warehouse.errors import InputError


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MIRRORLAKE_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def address(name):
    return parse(name, "openai:", "OPENAI_API_KEY", "OPENAI_BASE_URL")


def test_a_model_of_the_provider():
    found = address("openai:gpt-4o")
    assert (found.model, found.url, found.base) == ("gpt-4o", None, "gpt-4o")


def test_a_model_with_an_at_sign_on_a_server():
    found = address("openai:org@v1/m@http://127.0.0.1:8000/v1/")
    assert (found.model, found.url) == ("org@v1/m", "http://127.0.0.1:8000/v1")
    assert found.name == "openai:org@v1/m@http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    "url",
    ["http://me:secret@host/v1", "http://secret@host/v1", "https://host/v1?api-key=secret",
     "http://host/#secret", "http://", "http://host:port/v1"],
)  # fmt: skip
def test_a_url_that_may_hold_a_secret_is_refused_without_quoting_it(url):
    with pytest.raises(InputError) as refused:
        address(f"openai:m@{url}")
    assert "secret" not in str(refused.value)


def test_the_providers_variable_for_a_url_counts(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://proxy:1/v1")
    assert address("openai:gpt-4o").url == "http://proxy:1/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret@proxy/v1")
    with pytest.raises(InputError):
        address("openai:gpt-4o")


def test_a_providers_key_never_goes_to_another_server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-provider")
    assert address("openai:m@http://host/v1").key() == "none"
    monkeypatch.setenv("MIRRORLAKE_API_KEY", "of-the-server")
    assert address("openai:m@http://host/v1").key() == "of-the-server"
    assert address("openai:m").key() == "sk-of-the-provider"


def test_a_missing_key_is_said_by_its_name():
    with pytest.raises(InputError, match="Set OPENAI_API_KEY"):
        address("openai:gpt-4o").key()


def test_a_key_that_a_server_sends_back_is_hidden(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-provider")
    assert address("openai:m").hide("no sk-of-the-provider here") == "no [key] here"


def test_equal_names_on_two_servers_are_two_models():
    names = ["openai:m", "openai:m@http://one/v1", "openai:m@http://two/v1"]
    assert len({open_engine(name, Options()).model["model_id"] for name in names}) == 3


@pytest.mark.parametrize(
    ("name", "prefix"), [("openai:gpt-4o", "letter"), ("anthropic:claude", "text")]
)
def test_what_a_provider_offers(name, prefix):
    assert open_engine(name, Options()).offered[0] == prefix


@pytest.mark.parametrize("name", ["o3", "gpt-5", "gpt-5.4-mini", "gpt-6.2-sol", "ft:o4-mini:x::y"])
def test_reasoning_models_offer_text_at_temperature_one(name):
    from generate.engines.base import Asking, Sampling

    engine = open_engine(f"openai:{name}", Options())
    assert engine.offered == ("text",)
    with pytest.raises(InputError, match="--temperature 1"):
        engine.condition("text", Asking())
    engine.condition("text", Asking(sampling=Sampling(temperature=1.0)))


@pytest.mark.parametrize("name", ["gpt-4o", "gpt-4.1", "gpt-5-chat-latest"])
def test_other_models_offer_letters(name):
    assert open_engine(f"openai:{name}", Options()).offered == ("letter", "text")
