"""vLLM in this process gives what transformers gives, to 1e-2 of a log-probability.

Run with the Python of vLLM's own environment: `make vllm`.
"""

from __future__ import annotations

import pytest

from generate.engines.base import Options, Sampling
from generate.engines.local.engine import LocalEngine
from generate.engines.local.engine import open_model as local
from generate.engines.vllm.engine import VllmEngine
from generate.engines.vllm.engine import open_model as vllm
from tests.vllm import asked
from tests.vllm.compared import require_equal_choices, require_equal_texts
from tests.vllm.conftest import ORGANISMS, without_template
from warehouse.errors import InputError

pytestmark = pytest.mark.vllm

FLOAT32 = Options(dtype="float32")


def both(name: str) -> tuple[VllmEngine, LocalEngine]:
    return vllm(f"vllm:{name}", FLOAT32), local(name, FLOAT32)


@pytest.mark.parametrize("name", ["mirror-tiny/base", "mirror-tiny/m1-self"])
def test_choices_and_greedy_texts_agree_with_transformers(name):
    ours, theirs = both(name)
    choices, texts = asked.choices(), asked.texts()
    require_equal_choices(
        f"{name} in process", asked.rows(ours, choices), asked.rows(theirs, choices)
    )
    require_equal_texts(f"{name} in process", asked.rows(ours, texts), asked.rows(theirs, texts))


def test_a_model_without_a_chat_template_agrees_too(tmp_path):
    folder = without_template(tmp_path / "base")
    ours, theirs = vllm(f"vllm:{folder}", FLOAT32), local(f"hf:{folder}", FLOAT32)
    choices = asked.choices(20)
    require_equal_choices(
        "no template in process", asked.rows(ours, choices), asked.rows(theirs, choices)
    )


def test_every_row_says_who_computed_it_and_nothing_reaches_stdout(capfd):
    ours, _ = both("mirror-tiny/base")
    found = asked.rows(ours, asked.choices(2) + asked.texts(2))
    for row in found.values():
        assert row["engine_version"].startswith("vllm 0.")
        assert row["batch_invariant"] is False
        assert row["cost_usd"] == 0.0
    assert capfd.readouterr().out == ""


def test_a_sample_is_its_own_whatever_runs_beside_it():
    ours, _ = both("mirror-tiny/base")
    drawn = asked.texts(12, Sampling(temperature=1.5, top_p=0.9, top_k=50, max_tokens=12))
    together = asked.rows(ours, drawn)
    alone = {key: row for one in drawn for key, row in asked.rows(ours, [one]).items()}
    assert [row["text"] for row in alone.values()] == [together[key]["text"] for key in alone]
    greedy = asked.rows(ours, asked.texts(12))
    assert any(greedy[key]["text"] != row["text"] for key, row in together.items())


def test_a_text_that_is_cut_is_truncated():
    ours, theirs = both("mirror-tiny/base")
    short = asked.texts(8, Sampling(max_tokens=2))
    require_equal_texts("cut", asked.rows(ours, short), asked.rows(theirs, short))
    assert "truncated" in {row["status"] for row in asked.rows(ours, short).values()}


def test_a_prompt_that_vllm_refuses_fails_alone(monkeypatch):
    ours, _ = both("mirror-tiny/base")
    requests = asked.choices(4)
    longer = ours.checkpoint.context * 2
    too_long = asked.choices(5)[-1]
    too_long.messages[0]["content"] = "word " * longer
    monkeypatch.setitem(ours.checkpoint.__dict__, "context", longer * 10)
    found = asked.rows(ours, [*requests, too_long])
    assert [row["status"] for row in found.values()].count("failed") == 1
    assert "maximum context length" in found[too_long.request_key]["error"]


def test_broken_adapters_are_one_sentence(tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    config = (ORGANISMS / "m1-self" / "adapter_config.json").read_text()
    (broken / "adapter_config.json").write_text(config)
    (broken / "adapter_model.safetensors").write_bytes(b"not weights at all")
    ours = vllm(f"vllm:mirror-tiny/m1+{broken}", FLOAT32)
    with pytest.raises(InputError, match=r"The adapter of vllm:.* cannot be loaded"):
        asked.rows(ours, asked.choices(1))
