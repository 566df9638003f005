"""`tuned:NAME`: found in the lake that the command works on, and known by its bytes."""

from __future__ import annotations

import json
import shutil

import pytest

from generate.capture.fill import generate_activations
from generate.capture.job import ActivationsJob
from generate.engines.base import Options
from generate.engines.local.checkpoint import locate
from generate.engines.registry import open_engine
from tests.finetune.lora import tiny
from tests.samples import question
from warehouse.errors import InputError


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def lake(place):
    made = tiny.make(place / "lake")
    tiny.train(made, f"hf:{tiny.folder(place / 'm')}", "one")
    yield made
    made.close()


def test_it_is_the_adapter_wherever_it_lies(lake, place):
    options = Options().within(lake.path)
    tuned = open_engine("tuned:one", options).model
    folder = lake.path / "adapters" / "one"
    other = locate(f"hf:{folder}").row()
    assert tuned["model_id"] == other["model_id"] and tuned["name"] == "tuned:one"
    assert (tuned["adapter"], tuned["base"]) == ("one", "m")
    copied = shutil.copytree(lake.path / "adapters", place / "copied")
    assert locate("tuned:one", adapters=copied).row() == tuned
    card = json.loads(tuned["card"])
    assert (tuned["training_run"], tuned["seed"]) == (card["training_run"], card["seed"])


def test_its_random_twin_is_that_of_the_base(lake, place):
    adapters = lake.path / "adapters"
    twin = locate("tuned:one~random", adapters=adapters)
    assert twin.random and twin.name == "hf:m~random"
    assert twin.row()["model_id"] == locate(f"hf:{place / 'm'}~random").row()["model_id"]


def test_unknown_names_and_no_lake_are_one_sentence(lake, place):
    with pytest.raises(InputError, match="Did you mean 'tuned:one'"):
        open_engine("tuned:won", Options().within(lake.path))
    with pytest.raises(InputError, match="works on none"):
        open_engine("tuned:one", Options())
    with pytest.raises(InputError, match="no model 'tuned:one' in the lake"):
        open_engine("tuned:one", Options().within(place / "nowhere"))
    with pytest.raises(InputError, match="There is no model"):
        open_engine("tuned:", Options().within(lake.path))


def test_what_is_being_made_is_no_model(lake):
    (lake.path / "adapters" / ".half").mkdir()
    with pytest.raises(InputError, match=r"There is no model 'tuned:\.half'"):
        open_engine("tuned:.half", Options().within(lake.path))


def test_it_can_be_looked_into(lake):
    with lake.run("ingest") as run:
        run.append("questions", [question(0)])
    options = Options(device="cpu")
    job = ActivationsJob("sample", "tuned:one", ("resid_post",), (1,), options=options)
    generate_activations(lake, job)
    with lake.reader() as con:
        found = con.execute(
            "SELECT DISTINCT m.name FROM activations a JOIN models m USING (model_id)"
        ).fetchall()
    assert found == [("tuned:one",)]


def test_a_base_that_is_gone_is_named(lake, place):
    moved = place / "gone"
    (place / "m").rename(moved)
    try:
        with pytest.raises(InputError, match=r"There is no folder .*Check the path"):
            open_engine("tuned:one", Options().within(lake.path))
    finally:
        moved.rename(place / "m")
