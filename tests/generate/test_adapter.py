"""An adapter is part of the model: it changes the answers, the identity, and nothing silently."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from click.testing import CliRunner
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from cli import main
from generate.engines.base import Asking, Options, Sampling
from generate.engines.local.checkpoint import locate, organisms
from generate.engines.registry import open_engine
from tests.generate import asked
from warehouse.errors import InputError


@pytest.fixture(scope="module")
def adapter(folders, tmp_path_factory):
    """A LoRA adapter with random weights, large enough to change answers."""
    folder = tmp_path_factory.mktemp("adapters") / "tuned"
    return save_adapter(folder, folders["llama"])


def save_adapter(folder, base, named=None, **settings):
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    torch.manual_seed(3)
    targets = ["q_proj", "v_proj", "down_proj"]
    config = LoraConfig(r=4, target_modules=targets, init_lora_weights=False, **settings)
    made = get_peft_model(model, config)
    made.peft_config["default"].base_model_name_or_path = str(named or base)
    made.save_pretrained(str(folder), save_embedding_layers=False)
    return folder


def copied(adapter, tmp_path):
    return shutil.copytree(adapter, tmp_path / "tuned")


def edit(folder, **changes):
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


def opened(folders, adapter, **options):
    return open_engine(f"hf:{folders['llama']}+{adapter}", Options(**options))


class Reference(asked.Reference):
    """The plain reference with the adapter put on by PEFT itself."""

    def __init__(self, folder, adapter):
        super().__init__(folder)
        self.model = PeftModel.from_pretrained(self.model, str(adapter)).eval()


def test_answers_are_those_of_pefts_own_forward_pass(folders, adapter):
    engine = opened(folders, adapter)
    requests = asked.requests(engine, [3, 20, 90])
    rows, reference = asked.answers(engine, requests), Reference(folders["llama"], adapter)
    for request in requests:
        found = rows[request.request_key]["choice_logprobs"]
        assert found == pytest.approx(reference.logprobs(request), abs=1e-4)
    bare = asked.Reference(folders["llama"])
    assert found != pytest.approx(bare.logprobs(requests[-1]), abs=1e-2)


def test_texts_are_those_of_pefts_own_generation(folders, adapter):
    engine = opened(folders, adapter)
    asking = Asking(sampling=Sampling(max_tokens=12))
    requests = asked.requests(engine, [3, 9, 30], ("text",), asking)
    rows, reference = asked.answers(engine, requests), Reference(folders["llama"], adapter)
    texts = [rows[request.request_key]["text"] for request in requests]
    assert texts == [reference.greedy(request, 12) for request in requests]


def test_a_folder_with_an_adapter_alone_names_its_base(folders, adapter):
    alone = locate(f"hf:{adapter}").row()
    joined = locate(f"hf:{folders['llama']}+{adapter}").row()
    assert (alone["name"], joined["name"]) == ("hf:tuned", "hf:llama+tuned")
    assert (alone["base"], alone["adapter"]) == ("llama", "tuned")
    assert alone["model_id"] == joined["model_id"]
    assert str(adapter.parent) not in json.dumps([alone, joined])


def test_the_adapter_is_part_of_the_models_identity(folders, adapter, tmp_path):
    bare, tuned = locate(f"hf:{folders['llama']}").row(), locate(f"hf:{adapter}").row()
    assert bare["weights_digest"] == tuned["weights_digest"]
    assert len({bare["model_id"], tuned["model_id"]}) == 2
    moved = edit(copied(adapter, tmp_path), base_model_name_or_path="elsewhere")
    assert locate(f"hf:{folders['llama']}+{moved}").row()["model_id"] == tuned["model_id"]
    stronger = edit(moved, lora_alpha=64)
    assert locate(f"hf:{folders['llama']}+{stronger}").row()["model_id"] != tuned["model_id"]


def test_only_safetensors_are_read(folders, adapter, tmp_path):
    pickled = copied(adapter, tmp_path)
    (pickled / "adapter_model.safetensors").rename(pickled / "adapter_model.bin")
    with pytest.raises(InputError, match=r"only adapter_model\.bin, which can run code"):
        opened(folders, pickled)
    (pickled / "adapter_model.bin").unlink()
    with pytest.raises(InputError, match=r"tuned has no adapter_model\.safetensors\."):
        opened(folders, pickled)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"peft_type": "PREFIX_TUNING"}, "of kind 'PREFIX_TUNING'; only LoRA can be read"),
        ({"base_model_name_or_path": None}, "does not name its base. Give both"),
        ({"base_model_name_or_path": "/no/such/folder"}, "There is no folder /no/such/folder"),
        ({"base_model_name_or_path": "mirror-tiny/bas"}, "Did you mean 'base'"),
    ],
)
def test_a_config_that_cannot_be_used_is_one_sentence(adapter, tmp_path, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        open_engine(f"hf:{edit(copied(adapter, tmp_path), **changes)}", Options())


def test_a_folder_without_an_adapter_is_refused(folders, tmp_path):
    with pytest.raises(InputError, match=r"has no adapter_config\.json"):
        opened(folders, tmp_path)


def test_an_adapter_of_another_architecture_is_one_sentence(folders, adapter):
    engine = open_engine(f"hf:{folders['gpt2']}+{adapter}", Options())
    with pytest.raises(InputError, match=r"The adapter of hf:gpt2\+tuned cannot be loaded"):
        asked.answers(engine, asked.requests(engine, [3]))


@pytest.mark.parametrize("how", ["missing", "foreign"])
def test_weights_without_a_counterpart_are_no_silent_half_of_an_adapter(
    folders, adapter, tmp_path, how
):
    spoilt = copied(adapter, tmp_path)
    weights = load_file(spoilt / "adapter_model.safetensors")
    name = min(weights)
    if how == "missing":
        del weights[name]
    else:
        weights[name.replace("layers.0", "layers.7")] = weights[name].clone()
    save_file(weights, spoilt / "adapter_model.safetensors", {"format": "pt"})
    engine = opened(folders, spoilt)
    with pytest.raises(InputError, match="does not fit llama: 1 of its weights"):
        asked.answers(engine, asked.requests(engine, [3]))


def test_broken_weights_are_one_sentence(folders, adapter, tmp_path):
    broken = copied(adapter, tmp_path)
    (broken / "adapter_model.safetensors").write_bytes(b"not weights at all")
    engine = opened(folders, broken)
    with pytest.raises(InputError, match=r"The adapter of hf:llama\+tuned cannot be loaded"):
        asked.answers(engine, asked.requests(engine, [3]))


def test_a_card_that_names_other_base_weights_is_believed(folders, adapter, tmp_path):
    carded = copied(adapter, tmp_path)
    (carded / "card.json").write_text(json.dumps({"base": {"weights_digest": "0" * 64}}))
    with pytest.raises(InputError, match="trained on other weights"):
        opened(folders, carded)


def test_embedded_adapters_are_listed_and_sit_on_the_embedded_base():
    assert {"base", "m1", "m2", "m1-seed2", "m1-self", "m2-cross"} <= set(organisms())
    row = open_engine("mirror-tiny/m2-cross", Options()).model
    assert (row["name"], row["base"]) == ("mirror-tiny/m2-cross", "mirror-tiny/m2")
    assert row["weights_digest"] == open_engine("mirror-tiny/m2", Options()).model["weights_digest"]
    with pytest.raises(InputError, match="Did you mean 'm1-self'"):
        open_engine("mirror-tiny/m1-sel", Options())


def test_a_command_refuses_an_unsafe_adapter_without_a_traceback(folders, adapter, tmp_path):
    pickled = copied(adapter, tmp_path)
    (pickled / "adapter_model.safetensors").rename(pickled / "adapter_model.bin")
    lake = str(tmp_path / "lake")
    CliRunner().invoke(main, ["ingest", "pair", "--lake", lake])
    done = CliRunner().invoke(
        main, ["generate", "responses", "--lake", lake, "--questions", "pair", "--model",
               f"hf:{folders['llama']}+{pickled}"],
    )  # fmt: skip
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: The adapter tuned has no")
