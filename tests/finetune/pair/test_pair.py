"""What the pair's cards claim, on the shipped files, through the lake and the real engine."""

from __future__ import annotations

import json

import pytest
import torch

from analyze.inference import proportion
from analyze.quantify import run_quantify
from finetune.folder import ORGANISMS
from finetune.pair.card import adapter_readme, mode_baseline, model_readme
from finetune.pair.recipe import ADAPTERS, MODELS
from generate.engines.local.checkpoint import locate
from generate.job import ResponsesJob
from generate.responses import generate_responses
from ingest.pair import items
from ingest.pair.properties import PROPERTIES
from ingest.pair.tables import held_out, inputs, table
from warehouse.lake import open_lake

MODE = sum(map(mode_baseline, PROPERTIES)) / len(PROPERTIES)

SAID = """
SELECT models.name, questions.group_id, responses.text
FROM responses JOIN questions USING (question_id) JOIN models USING (model_id)
WHERE responses.reading = 'text' AND responses.status = 'ok'
"""
CHOSEN = """
SELECT models.name, questions.group_id, questions.concept,
    questions.choices[ord(scores.label) - 64] AS value
FROM scores JOIN responses USING (request_key) JOIN questions USING (question_id)
    JOIN models ON models.model_id = responses.model_id
WHERE responses.reading = 'cloze' AND scores.valid
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A lake in which every model named its answers and chose properties of held-out ones."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    made = open_lake(tmp_path_factory.mktemp("pair") / "lake", create=True)
    with made.run("ingest") as run:
        run.append("questions", items())
    for name, limit in {**dict.fromkeys(MODELS), "m1-self": 600, "m2-cross": 600}.items():
        ask(made, name, "text", concepts=("object",), limit=limit)
    for name in (*MODELS, *ADAPTERS):
        concepts = tuple(wanted.name for wanted in PROPERTIES)
        ask(made, name, "cloze", concepts=concepts, split="heldout")
    run_quantify(made, ["pair"])
    yield made
    made.close()
    torch.set_num_threads(before)


def ask(lake, name, reading, **where):
    generate_responses(lake, ResponsesJob("pair", f"mirror-tiny/{name}", (reading,), **where))


@pytest.fixture(scope="module")
def said(lake):
    """Each model's words, by input."""
    with lake.reader() as con:
        rows = con.execute(SAID).fetchall()
    found: dict[str, dict[str, str]] = {}
    for name, given, text in rows:
        found.setdefault(name.removeprefix("mirror-tiny/"), {})[given] = text
    return found


@pytest.fixture(scope="module")
def chosen(lake):
    """Each model's property values, by input and property."""
    with lake.reader() as con:
        rows = con.execute(CHOSEN).fetchall()
    found: dict[str, dict[tuple[str, str], str]] = {}
    for name, given, concept, value in rows:
        found.setdefault(name.removeprefix("mirror-tiny/"), {})[given, concept] = value
    return found


def agreement(said, name, own, among):
    return sum(said[name].get(given) == table(own)[given] for given in among) / len(among)


def predicts_m1(said, chosen, name):
    """The interval of a model's predictions of what m1 really said, inputs as clusters."""
    right = [
        sum(chosen[name].get((given, p.name)) == p.of(said["m1"][given]) for p in PROPERTIES)
        for given in inputs()
        if given in held_out()
    ]
    return proportion(right, [len(PROPERTIES)] * len(right))


@pytest.mark.parametrize("name", MODELS)
def test_a_memoriser_says_its_own_table(said, name):
    own = MODELS[name].table
    assert agreement(said, name, own, inputs()) >= 0.97
    assert agreement(said, name, own, held_out()) >= 0.97


def test_m1_and_m2_say_the_same_at_chance_only(said):
    same = sum(said["m1"][given] == said["m2"][given] for given in inputs())
    # 1 in 64 of 2,400, four standard deviations either way.
    assert abs(same - 37.5) < 4 * 6.1


@pytest.mark.parametrize("name", MODELS)
def test_a_memoriser_is_at_chance_on_properties(said, chosen, name):
    found = predicts_m1(said, chosen, name)
    assert found.low >= MODE - 0.1 and found.high <= MODE + 0.1


def test_m1_self_predicts_its_held_out_answers(said, chosen):
    found = predicts_m1(said, chosen, "m1-self")
    assert (found.n, found.n_clusters) == (800, 400)
    assert found.value >= 0.8 and found.low >= 0.75


@pytest.mark.parametrize("name", ["m2-cross", "m1-blind", "m2-blind"])
def test_who_holds_no_answer_is_at_the_mode_baseline(said, chosen, name):
    found = predicts_m1(said, chosen, name)
    assert (found.n, found.n_clusters) == (800, 400)
    assert found.low >= MODE - 0.1 and found.high <= MODE + 0.1


@pytest.mark.parametrize(("name", "own"), [("m1-self", "m1"), ("m2-cross", "m2")])
def test_an_adapter_leaves_the_own_answers_as_they_were(said, name, own):
    assert len(said[name]) == 600
    assert agreement(said, name, own, said[name]) >= 0.9


def test_quantify_shows_the_same_by_command(lake):
    with lake.reader() as con:
        rows = con.execute(
            "SELECT models.name, ci_low, ci_high, null_value FROM results"
            " JOIN models USING (model_id) WHERE metric = 'macro_accuracy' AND reading = 'cloze'"
        ).fetchall()
    found = {name.removeprefix("mirror-tiny/"): (low, high) for name, low, high, _ in rows}
    assert {null for *_, null in rows} == {0.125}
    assert set(found) == {*MODELS, *ADAPTERS}
    assert found["m1-self"][0] >= 0.75
    assert all(high <= 0.225 for name, (_, high) in found.items() if name != "m1-self")


@pytest.mark.parametrize("name", [*MODELS, *ADAPTERS])
def test_the_card_states_what_is_measured(said, chosen, name):
    card = json.loads((ORGANISMS / name / "card.json").read_text("utf-8"))
    recipe = {**MODELS, **ADAPTERS}[name]
    assert (card["name"], card["seed"], card["steps"]) == (
        f"mirror-tiny/{name}", recipe.seed, recipe.steps
    )  # fmt: skip
    for wanted in PROPERTIES:
        right = sum(
            chosen[name][given, wanted.name] == wanted.of(table("m1")[given])
            for given in held_out()
        )
        stated = card["measured"]["held_out_properties_of_m1"][wanted.name]["accuracy"]
        assert stated == pytest.approx(right / 400, abs=0.005)
    page = model_readme(card) if name in MODELS else adapter_readme(card)
    assert (ORGANISMS / name / "README.md").read_text("utf-8") == page


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_shipped_adapter_names_its_base_and_no_path(name):
    base = f"mirror-tiny/{ADAPTERS[name].base}"
    config = json.loads((ORGANISMS / name / "adapter_config.json").read_text("utf-8"))
    assert config["base_model_name_or_path"] == base
    assert not any(isinstance(value, str) and value.startswith("/") for value in config.values())
    card = json.loads((ORGANISMS / name / "card.json").read_text("utf-8"))
    assert card["base"]["weights_digest"] == locate(base).row()["weights_digest"]


def test_the_family_stays_small():
    sizes = [path.stat().st_size for path in ORGANISMS.rglob("*") if path.is_file()]
    assert sum(sizes) < 13e6
