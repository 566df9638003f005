"""The engine before vLLM is asked: who the model is, and what is refused in one sentence."""

from __future__ import annotations

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from generate.engines.base import Asking, Options, Sampling
from generate.engines.local.engine import open_model as local
from generate.engines.vllm import version
from generate.engines.vllm.engine import open_model
from tests.vllm import asked
from warehouse.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def test_a_model_has_the_digests_of_its_files_and_an_engine_of_its_own():
    ours, theirs = (
        open_model("vllm:mirror-tiny/m1-self", Options()).model,
        local("mirror-tiny/m1-self", Options()).model,
    )
    assert ours["name"] == "vllm:mirror-tiny/m1-self"
    assert ours["engine"] == "vllm"
    assert ours["model_id"] != theirs["model_id"]
    same = set(ours) - {"name", "engine", "model_id"}
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}


def test_a_path_is_named_without_its_folders():
    folder = ROOT / "finetune" / "organisms" / "m1"
    adapter = folder.parent / "m1-self"
    assert open_model(f"vllm:{folder}", Options()).model["name"] == "vllm:m1"
    joined = open_model(f"vllm:{folder}+{adapter}", Options()).model["name"]
    assert joined == "vllm:m1+m1-self"


def test_a_condition_names_the_number_format():
    engine = open_model("vllm:mirror-tiny/base", Options(dtype="bfloat16"))
    row = engine.condition("letter", Asking())
    assert (row["engine"], row["dtype"], row["template"]) == ("vllm", "bfloat16", "choices-1")


@pytest.mark.parametrize("temperature", [0.001, 2.5])
def test_temperatures_that_vllm_does_not_draw_at_are_refused(temperature):
    engine = open_model("vllm:mirror-tiny/base", Options())
    asking = Asking(sampling=Sampling(temperature=temperature))
    engine.condition("letter", asking)
    with pytest.raises(InputError, match=r"vLLM draws at temperature 0 and from 0\.01 to 2"):
        engine.condition("text", asking)


def test_a_device_is_refused():
    with pytest.raises(InputError, match="Leave --device out"):
        open_model("vllm:mirror-tiny/base", Options(device="cuda:1"))


def test_without_vllm_the_first_answer_says_what_to_do(monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    engine = open_model("vllm:mirror-tiny/base", Options())
    assert list(engine.answer([])) == []
    with pytest.raises(InputError, match=r"docs/vllm\.md.*vllm:MODEL@URL"):
        list(engine.answer(asked.choices(1)))


def test_batch_invariance_counts_on_a_gpu_only(monkeypatch):
    assert not version.batch_invariant("cuda")
    monkeypatch.setenv("VLLM_BATCH_INVARIANT", "1")
    assert version.batch_invariant("cuda:0")
    assert not version.batch_invariant("cpu")


def test_opening_and_asking_over_http_load_neither_vllm_nor_torch():
    code = (
        "import sys\n"
        "from generate.engines.base import Asking, Options\n"
        "from generate.engines.vllm import engine, facts, ids, wire\n"
        "engine.open_model('vllm:mirror-tiny/base', Options(dtype='float32')).condition('text', "
        "Asking())\n"
        "print({'vllm', 'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "set()"
