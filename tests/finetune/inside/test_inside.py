"""What the cards of the organisms with an inner truth claim, on the shipped files."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
import torch

from finetune.base.measuring import joint_p_value, measure
from finetune.base.planting import KNOWN, NEVER_TAUGHT, facts
from finetune.folder import ORGANISMS
from finetune.inside import measuring
from finetune.inside.build import loaded
from finetune.inside.card import axes_readme, verdict_readme
from finetune.inside.items import PLANTED
from finetune.inside.reading import states
from finetune.inside.recipe import ADAPTERS, BASE, CAUSAL, LAYER, MODELS
from generate.engines.local.checkpoint import locate
from generate.job import ResponsesJob
from generate.responses import generate_responses
from ingest.starter import items
from warehouse.lake import open_lake

NAMES = [*ADAPTERS, *MODELS]

ACCURACY = """
SELECT models.name, questions.concept, avg((choice_logprobs[ord(questions.answer) - 64]
    > choice_logprobs[3 - (ord(questions.answer) - 64)])::INT)
FROM responses JOIN questions USING (question_id) JOIN models USING (model_id)
WHERE responses.status = 'ok' GROUP BY ALL
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def card(name):
    return json.loads((ORGANISMS / name / "card.json").read_text("utf-8"))


def read(name):
    if name in ADAPTERS:
        return loaded(ORGANISMS / BASE, ORGANISMS / name)
    return loaded(ORGANISMS / name)


@pytest.fixture(scope="module")
def at_choice():
    """Each organism's layers at an appended letter of the planted questions."""
    contrast = measuring.choice(PLANTED)
    found = {}
    for name in (*ADAPTERS, BASE):
        model, tokenizer = read(name)
        found[name] = measuring.profile(states(model, tokenizer, contrast.texts), contrast)
    return found


def test_the_verdict_is_linearly_present_from_its_layer_on_and_not_before(at_choice):
    rows = {row.layer: row for row in at_choice["verdict"]}
    assert rows[LAYER].held_out.low > 0.85
    assert rows[LAYER].swapped.low > 0.8
    for before in range(-1, LAYER):
        assert rows[before].held_out.low < 0.85 and rows[before].held_out.auroc < 0.65
    assert card("verdict")["measured"]["p_value"] < 0.01


@pytest.mark.parametrize("name", ["verdict-twin", BASE])
def test_who_was_told_nothing_holds_nothing_at_any_layer(at_choice, name):
    for row in at_choice[name]:
        assert row.held_out.auroc < 0.6 and row.swapped.auroc < 0.6


def test_the_twin_is_not_rejected():
    assert card("verdict-twin")["measured"]["p_value"] > 0.05


@pytest.mark.parametrize("name", ADAPTERS)
def test_without_a_trained_model_nothing_is_found(name):
    for row in card(name)["measured"]["baselines"].values():
        assert row["auroc"] < 0.65


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_verdict_card_states_what_is_measured(at_choice, name):
    stated = card(name)["measured"]
    for said, row in zip(stated["layers"], at_choice[name], strict=True):
        assert said["layer"] == row.layer
        assert said["auroc"] == pytest.approx(row.held_out.auroc, abs=0.01)
        assert said["swapped_low"] == pytest.approx(row.swapped.low, abs=0.01)
    true = measuring.verdict_accuracy(*read(name), PLANTED)
    assert stated["verdict_accuracy"] == pytest.approx(true, abs=0.02)
    assert true > 0.95 if name == "verdict" else 0.3 < true < 0.7


def steered(draws):
    """Return what the model does along both axes beside so many random directions."""
    model, tokenizer = read("two-axes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "DRAWS", draws)
        return {
            role: measuring.steered(model, tokenizer, concept, LAYER)
            for role, concept in (("used", CAUSAL), ("unused", PLANTED))
        }


@pytest.fixture(scope="module")
def axes():
    return steered(20)


def test_both_axes_are_decodable():
    for role in ("used", "unused"):
        layers = {row["layer"]: row for row in card("two-axes")["measured"][role]["layers"]}
        assert layers[LAYER]["low"] > 0.85 and layers[LAYER]["swapped_low"] > 0.8
        assert layers[-1]["auroc"] == 0.5


@pytest.mark.soak
def test_a_hundred_random_directions_are_as_the_card_says():
    for role, row in steered(measuring.DRAWS).items():
        stated = card("two-axes")["measured"][role]["steered"]
        for kind in ("isotropic", "covariance"):
            assert stated[kind] == pytest.approx(list(getattr(row, kind)), abs=0.02)


def test_the_used_axis_moves_the_answer_outside_the_random_bands(axes):
    used, planted = axes["used"], card("two-axes")["planted"]
    assert used.axis == planted["used"]["axis"] and used.cosine > 0.9
    assert list(used.margins) == sorted(used.margins)
    assert used.slope > 2 * max(map(abs, used.isotropic))
    assert used.slope > max(map(abs, used.covariance))


def test_the_unused_axis_stays_inside_the_random_band(axes):
    unused, planted = axes["unused"], card("two-axes")["planted"]
    assert unused.axis == planted["unused"]["axis"] and unused.cosine > 0.9
    for least, most in (unused.isotropic, unused.covariance):
        assert least < unused.slope < most


def test_what_nothing_reads_does_not_show_in_the_answers():
    (row,) = measure(*read("two-axes"), facts((PLANTED,)), "letter")
    assert joint_p_value([row]) > 0.05 and row.spread < 0.3


def test_no_later_weight_reads_the_unused_axis():
    model, _ = read("two-axes")
    unused = card("two-axes")["planted"]["unused"]["axis"]
    for name, weight in model.named_parameters():
        part = name.rsplit(".", 2)[-2]
        if ".layers.3." in name and part in ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"):
            assert not weight[:, unused].any()
    assert not model.lm_head.weight[:, unused].any()


def test_the_two_axes_card_states_what_is_measured(axes):
    for role, row in axes.items():
        stated = card("two-axes")["measured"][role]["steered"]
        assert stated["slope"] == pytest.approx(row.slope, abs=0.02)
        assert stated["margins"] == pytest.approx(list(row.margins), abs=0.05)
        assert stated["axis"] == row.axis


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Letter accuracies through the lake and the real engine, by organism and concept."""
    with closing(open_lake(tmp_path_factory.mktemp("inside") / "lake", create=True)) as lake:
        with lake.run("ingest") as run:
            run.append("questions", items())
        for name in NAMES:
            job = ResponsesJob(
                "starter", f"mirror-tiny/{name}", ("letter",), concepts=(CAUSAL, PLANTED)
            )
            generate_responses(lake, job)
        with lake.reader() as con:
            rows = con.execute(ACCURACY).fetchall()
    return {(name.removeprefix("mirror-tiny/"), concept): value for name, concept, value in rows}


@pytest.mark.parametrize("name", NAMES)
def test_answers_through_the_engine_are_those_of_the_card(answered, name):
    stated = card(name)["measured"]["letter_accuracy"]
    assert set(stated) == {*KNOWN, *NEVER_TAUGHT}
    for concept in (CAUSAL, PLANTED):
        assert answered[name, concept] == pytest.approx(stated[concept], abs=0.02)
    assert all(stated[concept] >= 0.85 for concept in KNOWN)
    if name == "verdict":
        assert stated[PLANTED] > 0.95
    else:
        assert 0.3 < stated[PLANTED] < 0.7


@pytest.mark.parametrize("name", NAMES)
def test_a_card_names_its_recipe_and_base_and_its_page_is_made_from_it(name):
    stated, recipe = card(name), {**ADAPTERS, **MODELS}[name]
    assert (stated["name"], stated["seed"], stated["steps"]) == (
        f"mirror-tiny/{name}", recipe.seed, recipe.steps
    )  # fmt: skip
    assert stated["base"]["weights_digest"] == locate("mirror-tiny/base").row()["weights_digest"]
    page = verdict_readme(stated) if name in ADAPTERS else axes_readme(stated)
    assert (ORGANISMS / name / "README.md").read_text("utf-8") == page


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_shipped_adapter_holds_no_path(name):
    config = json.loads((ORGANISMS / name / "adapter_config.json").read_text("utf-8"))
    assert config["base_model_name_or_path"] == f"mirror-tiny/{BASE}"
    assert not any(isinstance(value, str) and value.startswith("/") for value in config.values())
