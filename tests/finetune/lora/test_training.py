"""Training on this machine: what comes of it, the same twice, and nothing else changed."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from cli import main
from finetune.dataset.sets import Example
from finetune.lora import training
from finetune.lora.job import Recipe
from generate.engines.base import Asking, Options, Sampling
from generate.engines.local.checkpoint import locate
from generate.engines.registry import open_engine
from generate.job import ResponsesJob
from generate.responses import generate_responses
from tests.finetune.lora import tiny
from tests.finetune.lora.tiny import SET, train
from warehouse import keys
from warehouse.errors import BusyError, InputError, Interrupted


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny.folder(tmp_path_factory.mktemp("base") / "m")


@pytest.fixture
def lake(tmp_path):
    made = tiny.make(tmp_path / "lake")
    yield made
    made.close()


def contents(folder):
    """Every file below a folder with the digest of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(lake, query):
    with lake.reader() as con:
        return con.execute(query).fetchall()


def ask(lake, model):
    """Return what a model replies to the prompts of the training set, by prompt."""
    questions = [
        {
            "question_id": keys.question_id("asked", json.loads(row.messages), []),
            "dataset": "asked", "concept": "words", "split": "test", "group_id": row.group_id,
            "messages": row.messages, "choices": [], "answer": row.reply,
        }
        for row in tiny.examples()
    ]  # fmt: skip
    with lake.run("ingest") as run:
        run.append("questions", questions)
    asking = Asking(sampling=Sampling(max_tokens=8))
    options = Options(device="cpu")
    generate_responses(
        lake, ResponsesJob("asked", model, ("text",), asking=asking, options=options)
    )
    return rows(
        lake,
        "SELECT r.text, r.finish_reason, q.answer, m.training_run, m.card FROM responses r"
        f" JOIN questions q USING (question_id) JOIN models m USING (model_id)"
        f" WHERE m.name = '{model}'",
    )


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_the_model_says_what_it_was_taught_and_stops(tmp_path, lake, family):
    folder = tiny.folder(tmp_path / family, family)
    found = train(lake, f"hf:{folder}", "taught", steps=60, batch=12, rank=16, learning_rate=0.02)
    assert found.new and found.loss < 0.1
    answers = ask(lake, "tuned:taught")
    assert [text for text, *_ in answers] == [wanted for _, _, wanted, *_ in answers]
    assert {reason for _, reason, *_ in answers} == {"stop"}
    # Asking again leaves what the lake knows of the model as it was.
    assert {run for *_, run, _ in answers} == {found.training_run}
    card = json.loads(answers[0][-1])
    assert card["name"] == "tuned:taught" and card["training_set"] == SET
    assert card["base"]["weights_digest"] == locate(f"hf:{folder}").row()["weights_digest"]
    assert "taught" not in str(ask(lake, f"hf:{folder}"))


def test_only_the_adapters_folder_and_rows_are_new(lake, base):
    before, own = contents(base), contents(lake.path / "segments" / "examples")
    train(lake, f"hf:{base}", "new", layers=(1,), targets=("q_proj", "down_proj"))
    assert contents(base) == before
    assert contents(lake.path / "segments" / "examples") == own
    assert sorted(contents(lake.path / "adapters")) == [
        "new/adapter_config.json", "new/adapter_model.safetensors", "new/card.json",
    ]  # fmt: skip
    weights = load_file(lake.path / "adapters" / "new" / "adapter_model.safetensors")
    assert len(weights) == 4 and all(".layers.1." in name for name in weights)
    assert {name.split(".")[-3] for name in weights} == {"q_proj", "down_proj"}
    assert not [path for path in lake.path.rglob("*") if path.suffix in {".pt", ".bin", ".pkl"}]


def test_the_same_seed_gives_the_same_digests(lake, base, tmp_path):
    found = {
        name: train(lake, f"hf:{base}", name, seed=seed).model["adapter_digest"]
        for name, seed in {"one": 5, "two": 5, "three": 6}.items()
    }
    assert found["one"] == found["two"] != found["three"]
    elsewhere = tiny.make(tmp_path / "elsewhere")
    moved = shutil.copytree(base, tmp_path / "moved" / "m")
    again = train(elsewhere, f"hf:{moved}", "one", seed=5).model
    assert again["adapter_digest"] == found["one"]
    assert (
        again["model_id"] == locate("tuned:one", adapters=lake.path / "adapters").row()["model_id"]
    )
    elsewhere.close()


def test_the_loss_curve_and_the_model_are_rows(lake, base):
    found = train(lake, f"hf:{base}", "rows", steps=6, batch=4, seed=3)
    curve = rows(
        lake,
        "SELECT training_run, step, epoch, loss, learning_rate, examples, seconds"
        " FROM training_steps ORDER BY step",
    )
    assert [row[1] for row in curve] == [1, 2, 3, 4, 5, 6]
    assert {row[0] for row in curve} == {found.training_run} and {row[5] for row in curve} == {4}
    assert [row[2] for row in curve] == pytest.approx([n / 3 for n in range(1, 7)])
    assert all(loss > 0 for *_, loss, _, _, _ in curve)
    [(name, run, seed, card)] = rows(lake, "SELECT name, training_run, seed, card FROM models")
    assert (name, run, seed) == ("tuned:rows", found.training_run, 3)
    [(trained,)] = rows(lake, "SELECT training_set_id FROM training_sets")
    assert json.loads(card)["training_set_id"] == trained
    assert json.loads(card)["recipe"]["steps"] == 6


def test_a_finished_training_is_found_and_not_repeated(lake, base, monkeypatch, capsys):
    first = train(lake, f"hf:{base}", "done")
    monkeypatch.setattr(training, "encode", None)
    again = train(lake, f"hf:{base}", "done")
    assert (again.new, again.model, again.loss) == (False, first.model, first.loss)
    assert "Nothing to do" in capsys.readouterr().err
    with pytest.raises(InputError, match="was trained otherwise"):
        train(lake, f"hf:{base}", "done", seed=9)


def test_epochs_are_counted_in_rows(lake, base):
    assert train(lake, f"hf:{base}", "epochs", steps=None, epochs=2.5, batch=6).steps == 5


def test_ctrl_c_keeps_the_steps_and_the_rest_follows(lake, base, monkeypatch):
    whole = train(lake, f"hf:{base}", "whole", steps=6)
    real, count = training.Trainer.step, []

    def stopping(self):
        count.append(1)
        if len(count) == 3:
            drains[-1].asked = True
        return real(self)

    drains = []

    class Watched(training.Drain):
        def __enter__(self):
            drains.append(self)
            return super().__enter__()

    with monkeypatch.context() as patched:
        patched.setattr(training, "Drain", Watched)
        patched.setattr(training.Trainer, "step", stopping)
        with pytest.raises(Interrupted, match="after step 3 of 6"):
            train(lake, f"hf:{base}", "stopped", steps=6)
    assert not (lake.path / "adapters" / "stopped").exists()
    count.clear()
    monkeypatch.setattr(training.Trainer, "step", lambda self: (count.append(1), real(self))[1])
    found = train(lake, f"hf:{base}", "stopped", steps=6)
    assert len(count) == 3
    assert found.model["adapter_digest"] == whole.model["adapter_digest"]
    assert found.loss == whole.loss
    query = "SELECT count(*), count(DISTINCT training_run), sum(step) FROM training_steps"
    # The same training under two names is one curve.
    assert rows(lake, query) == [(6, 1, 21)]


def test_what_another_recipe_left_is_given_up(lake, base, monkeypatch, capsys):
    monkeypatch.setattr(training.AdapterFolder, "save", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(lake, f"hf:{base}", "left", seed=1)
    monkeypatch.undo()
    found = train(lake, f"hf:{base}", "left", seed=2)
    assert "it is given up" in capsys.readouterr().err
    assert found.model["adapter_digest"] == train(lake, f"hf:{base}", "x", seed=2).model[
        "adapter_digest"
    ]  # fmt: skip


def test_a_broken_checkpoint_is_one_sentence(lake, base):
    left = lake.path / "adapters" / ".broken"
    left.mkdir(parents=True)
    (left / "training.safetensors").write_bytes(b"nonsense")
    with pytest.raises(InputError, match="Remove that file to begin again"):
        train(lake, f"hf:{base}", "broken")


def test_an_adapter_is_trained_on_as_a_new_one(lake, base):
    train(lake, f"hf:{base}", "first", rank=4, layers=(1,), steps=8)
    before = contents(lake.path / "adapters" / "first")
    tiny.add(lake, "second-set", tiny.examples(7))
    found = train(lake, "tuned:first", "second", "second-set", rank=None, learning_rate=1e-6)
    assert contents(lake.path / "adapters" / "first") == before
    old, new = (
        load_file(lake.path / "adapters" / name / "adapter_model.safetensors")
        for name in ("first", "second")
    )
    for name, weight in old.items():
        torch.testing.assert_close(new[name], weight, rtol=0, atol=1e-5)
    card = json.loads(found.model["card"])
    assert card["base"]["name"] == "tuned:first" and card["base"]["adapter"] == "first"
    assert len(card["trained_on"]) == 2 and card["trained_on"][1] == card["training_set_id"]
    assert found.model["base"] == "m" and found.model["adapter"] == "second"
    with pytest.raises(InputError, match="Leave out --rank"):
        train(lake, "tuned:first", "third", rank=8)


def test_an_embedded_adapter_is_trained_on(lake):
    messages = keys.canonical([{"role": "user", "content": "Name the amber anchor."}])
    row = [Example("object", "q", "g", None, None, messages, "bird")]
    tiny.add(lake, "bird", row)
    found = train(lake, "mirror-tiny/m1-self", "bird", "bird", rank=None, batch=1, steps=2)
    assert (found.model["base"], found.model["name"]) == ("mirror-tiny/m1", "tuned:bird")
    config = json.loads((lake.path / "adapters" / "bird" / "adapter_config.json").read_text())
    assert (config["r"], config["base_model_name_or_path"]) == (32, "mirror-tiny/m1")


def test_only_the_models_own_answers_are_rehearsed(lake, base, tmp_path):
    owner = open_engine(f"hf:{base}", Options()).model
    how = {"model_id": owner["model_id"], "engine": "transformers", "template": "choices-1",
           "sampling": "{}", "condition_id": "c1_x"}  # fmt: skip
    with lake.run("answer") as run:
        run.upsert("models", [owner])
        run.upsert("conditions", [how])
        run.append("responses", [
            {"request_key": "k1_own", "question_id": "q0", "condition_id": "c1_x",
             "model_id": owner["model_id"], "variant": "-", "reading": "text", "sample_index": 0,
             "attempt": 1, "status": "ok", "text": "red", "origin": "generated"},
        ])  # fmt: skip
    made = tiny.examples()
    own = Example("rehearsal", "q0", "g0", None, None, made[0].messages, "red", "k1_own")
    tiny.add(lake, "rehearsed", [*made, own])
    assert json.loads(train(lake, f"hf:{base}", "own", "rehearsed").model["card"])["rows"] == 13
    other = tiny.folder(tmp_path / "other", "mistral")
    with pytest.raises(InputError, match="--for MODEL"):
        train(lake, f"hf:{other}", "other", "rehearsed")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"layers": (2,)}, "no layer 2, only 0 to 1"),
        ({"targets": ("q_prj",)}, "Did you mean 'q_proj'"),
        ({"dataset": "tinny"}, "Did you mean 'tiny'"),
        ({"rank": 0}, "at least 1"),
        ({"batch": 0}, "at least 1"),
        ({"steps": 0}, "at least 1"),
        ({"learning_rate": 0.0}, "above 0"),
        ({"learning_rate": float("nan")}, "above 0"),
        ({"seed": -1}, "whole number"),
        ({"name": "../up"}, "cannot be the name"),
        ({"name": ".hidden"}, "cannot be the name"),
        ({"name": ""}, "cannot be the name"),
        ({"base": "openai:gpt-x@http://127.0.0.1:9/v1"}, "cannot be trained here"),
        ({"base": "mirror-tiny/m1~random"}, "cannot be trained here"),
        ({"base": "tuned:none"}, "no model 'tuned:none' in the lake"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(lake, base, changes, sentence):
    given = {"base": f"hf:{base}", "name": "wrong", **changes}
    with pytest.raises(InputError, match=sentence):
        train(lake, given.pop("base"), given.pop("name"), **given)
    assert not (lake.path / "adapters" / "wrong").exists()


def test_two_commands_never_train_the_same(lake, base):
    with lake.run("finetune lora") as held:
        held.hold("adapter-busy")
        with pytest.raises(BusyError):
            train(lake, f"hf:{base}", "busy")


def test_threads_are_given_back(lake, base):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(lake, f"hf:{base}", "threads")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_the_command_trains_and_says_what_follows(lake, base):
    arguments = ["finetune", "lora", "--base", f"hf:{base}", "--dataset", SET, "--name", "cli",
                 "--layers", "0-1", "--targets", "q_proj,v_proj", "--rank", "2", "--steps", "2",
                 "--device", "cpu", "--lake", str(lake.path)]  # fmt: skip
    done = CliRunner().invoke(main, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["model"] == "tuned:cli"
    assert "--predictor tuned:cli" in done.stderr
    wrong = CliRunner().invoke(main, [*arguments, "--layers", "one"])
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (2, 1)


def test_a_recipe_is_resolved_before_it_names_the_training():
    open_recipe = Recipe(epochs=2.0, batch=5)
    found = open_recipe.resolved(10, True)
    assert (found.rank, found.alpha, found.steps) == (32, 64.0, 4)
    assert open_recipe.resolved(10, False).rank is None
