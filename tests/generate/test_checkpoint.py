"""A model is named by its bytes, wherever it lies."""

from __future__ import annotations

import json
import shutil

import pytest

from generate.engines.base import Asking, Options, Sampling
from generate.engines.local import digests
from generate.engines.local.checkpoint import locate
from generate.engines.registry import open_engine
from generate.job import ResponsesJob
from tests.generate import asked, models
from warehouse import keys
from warehouse.errors import InputError


def test_the_row_names_the_model_and_no_path(folders):
    row = locate(f"hf:{folders['llama']}").row()
    assert (row["name"], row["base"], row["engine"]) == ("hf:llama", "llama", "transformers")
    assert row["context_length"] == 2048
    assert json.loads(row["card"]) == {"planted": "nothing"}
    assert row["model_id"] == keys.model_id(row)
    assert str(folders["llama"].parent) not in json.dumps(row)


def test_a_copy_is_the_same_model_and_other_weights_are_not(folders, tmp_path):
    original = locate(f"hf:{folders['llama']}").row()
    copy = shutil.copytree(folders["llama"], tmp_path / "llama")
    assert locate(f"hf:{copy}").row() == original
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    changed = locate(f"hf:{copy}").row()
    assert changed["weights_digest"] != original["weights_digest"]
    assert changed["model_id"] != original["model_id"]


@pytest.mark.parametrize("part", ["chat_template.jinja", "tokenizer.json"])
def test_template_and_tokenizer_are_part_of_the_model(folders, tmp_path, part):
    copy = shutil.copytree(folders["llama"], tmp_path / "llama")
    (copy / part).write_text((copy / part).read_text() + "\n")
    assert (
        locate(f"hf:{copy}").row()["model_id"] != locate(f"hf:{folders['llama']}").row()["model_id"]
    )


def test_large_files_are_hashed_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(digests, "REMEMBER_FROM", 1)
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    first = digests.of_file(path)
    monkeypatch.setattr(digests, "_hash", lambda path: "hashed again")
    assert digests.of_file(path) == first
    path.write_bytes(b"longer")
    assert digests.of_file(path) == "hashed again"


def test_conditions_differ_by_what_is_asked_only(folders):
    chat, plain = asked.engine(folders["llama"]), asked.engine(folders["plain"])
    letter, cloze = (chat.condition(r, Asking()) for r in ("letter", "cloze"))
    assert letter == cloze
    assert (letter["template"], letter["dtype"], letter["sampling"]) == (
        "choices-1",
        "float32",
        "{}",
    )
    assert plain.condition("letter", Asking())["template"] == "choices-1/plain"
    assert chat.condition("letter", Asking(sampling=Sampling(temperature=1))) == letter
    greedy = chat.condition("text", Asking(sampling=Sampling(top_p=0.5)))
    assert greedy == chat.condition("text", Asking())
    assert json.loads(greedy["sampling"]) == {"max_tokens": 64, "temperature": 0.0}
    persona = chat.condition("letter", Asking("You are a pirate.", "pirate"))
    assert persona["condition_id"] != letter["condition_id"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mirror-tiny/nobody", "no embedded model 'nobody'"),
        ("gpt-5", "There is no model 'gpt-5'"),
        ("hf:", "There is no model 'hf:'"),
        ("hf:/no/such/folder", "There is no folder /no/such/folder"),
        ("hf:not a valid id", "neither a local folder nor"),
    ],
)
def test_unknown_models_are_one_sentence(name, sentence):
    with pytest.raises(InputError, match=sentence):
        open_engine(name, Options())


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"has no config\.json"):
        open_engine(f"hf:{tmp_path}", Options())


def test_only_safetensors_are_read(tmp_path):
    folder = models.save(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"no \.safetensors weights"):
        open_engine(f"hf:{folder}", Options())


def test_broken_weights_are_one_sentence(folders, tmp_path):
    copy = shutil.copytree(folders["llama"], tmp_path / "broken")
    (copy / "model.safetensors").write_bytes(b"not weights at all")
    engine = asked.engine(copy)
    with pytest.raises(InputError, match="The network of hf:broken cannot be loaded"):
        asked.answers(engine, asked.requests(engine, [3]))


def test_a_gpu_that_is_not_there_is_one_sentence(folders):
    engine = asked.engine(folders["llama"], device="cuda:7", dtype="float32")
    with pytest.raises(InputError, match="--device cpu"):
        asked.answers(engine, asked.requests(engine, [3]))


def test_a_prompt_beyond_the_context_is_not_cut(folders):
    engine = asked.engine(folders["short"])
    requests = asked.requests(engine, [5, 300])
    rows = asked.answers(engine, requests)
    by_status = {(r.question_id, rows[r.request_key]["status"]) for r in requests}
    assert by_status == {("q0", "ok"), ("q1", "too_long")}
    long = next(row for row in rows.values() if row["status"] == "too_long")
    assert long["prompt_tokens"] > 120
    assert "120" in long["error"]


def test_an_empty_option_fails_alone(folders):
    engine = asked.engine(folders["llama"])
    good, bad = asked.requests(engine, [5, 6], ("cloze",))
    bad.choices[0] = ""
    rows = asked.answers(engine, [good, bad])
    assert rows[good.request_key]["status"] == "ok"
    assert rows[bad.request_key]["status"] == "failed"
    assert rows[bad.request_key]["error_class"] == "engine"


def test_the_embedded_model_reads_letters_as_single_tokens():
    engine = open_engine("mirror-tiny/base", Options())
    assert engine.model["base"] == "mirror-tiny/base"
    assert json.loads(engine.model["card"])
    requests = asked.requests(engine, [4], ("letter",))
    for encoded in engine.encoder.encode(requests):
        assert sorted(map(len, encoded.continuations)) == [1, 1]
        assert encoded.continuations[0] != encoded.continuations[1]


@pytest.mark.parametrize(
    ("part", "content", "why"),
    [
        ("config.json", b'{"max_position_embeddings": "many"}', "names the context 'many'"),
        ("chat_template.jinja", b"\xff\xfe", "chat_template.jinja of the model cannot be read"),
        ("card.json", b'{"a": "\\ud800"}', "card.json of the model cannot be read"),
        ("card.json", b"[1]", "card.json of the model is not a JSON object"),
    ],
)
def test_a_spoilt_part_of_a_model_is_one_sentence(folders, tmp_path, part, content, why):
    copy = shutil.copytree(folders["llama"], tmp_path / "llama")
    (copy / part).write_bytes(content)
    with pytest.raises(InputError, match=why):
        locate(f"hf:{copy}").row()


def test_weights_that_lead_nowhere_are_no_weights(folders, tmp_path):
    copy = shutil.copytree(folders["llama"], tmp_path / "llama")
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no \.safetensors weights"):
        locate(f"hf:{copy}").row()


def test_a_card_with_a_number_that_json_lacks_is_kept_as_text(folders, tmp_path):
    copy = shutil.copytree(folders["llama"], tmp_path / "llama")
    (copy / "card.json").write_text('{"loss": NaN}')
    assert json.loads(locate(f"hf:{copy}").row()["card"]) == {"loss": "NaN"}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_sampling_takes_finite_numbers_only(value):
    for given in ({"temperature": value}, {"top_p": value}):
        with pytest.raises(InputError, match="finite"):
            Sampling(**given)


def test_more_samples_than_can_be_planned_are_refused():
    with pytest.raises(InputError, match="at most 100,000"):
        ResponsesJob("d", "m", ("text",), samples=10**9, asking=Asking(sampling=Sampling(1.0)))
