"""The commands that the page gives to run a study again are those that ran."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reports.sections.rerun import rerun, reruns

READ = {
    "questions": "starter", "model": "tiny", "sites": ["resid_post", "mlp_out"], "layers": [3, 5],
    "positions": ["last", "choice"], "variants": "choices", "concepts": ["belief"],
    "baselines": True, "random": False,
}  # fmt: skip
STEERED = {
    "questions": "starter", "model": "tiny", "readings": ["letter"], "fold": 0,
    "steering": {"directions": ["md1", "md 2"], "doses": [-4.0, 0.5], "kind": "add",
                 "positions": "last", "controls": 100},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("generate activations", READ,
         "--questions starter --model tiny --concepts belief --variants choices "
         "--sites=resid_post,mlp_out --layers=3,5 --positions=last,choice --baselines"),
        ("generate activations", READ | {"random": True, "layers": None},
         "--questions starter --model tiny --concepts belief --variants choices "
         "--sites=resid_post,mlp_out --positions=last,choice"),
        ("generate responses", STEERED,
         "--questions starter --model tiny --reading letter --intervene md1 --intervene 'md 2' "
         "--edit add --steer-at last --controls 100 --doses=-4,0.5 --held-out"),
    ],
)  # fmt: skip
def test_settings_become_the_flags_that_set_them(
    name: str, config: dict[str, Any], said: str
) -> None:
    run = {"command": name, "config": json.dumps(config), "study": "demo"}
    assert rerun(run) == f"mirrorlake {name} {said} --study demo"


def asked(model: str, asks: str, split: str, **more: Any) -> dict[str, Any]:
    """Return the run of one part of `generate predict`."""
    config = {
        "questions": "pair", "model": model, "asks": asks, "split": split, "readings": ["text"],
        "concepts": [], "tasks": [], "samples": 1,
        "asking": {"sampling": {"temperature": 0.0, "top_p": 1.0, "max_tokens": 8}}, **more,
    }  # fmt: skip
    return {"command": "generate responses", "config": json.dumps(config), "study": None}


def ran(command: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"command": command, "config": json.dumps(config), "study": "demo"}


def test_runs_of_one_prediction_become_one_command() -> None:
    runs = [
        asked("m1", "object", "train"),
        ran("analyze properties", {"study": "demo"}),
        asked("m1", "object", "heldout"),
        asked("m1", "hypothetical", "heldout"),
        asked("m2", "hypothetical", "heldout"),
        asked("m2", "hypothetical", "heldout", samples=20,
              asking={"sampling": {"temperature": 1.0, "max_tokens": 64}}),
    ]  # fmt: skip
    assert reruns(runs) == [
        "mirrorlake generate predict --questions pair --target m1 --split train --max-tokens 8",
        "mirrorlake analyze properties --study demo",
        "mirrorlake generate predict --questions pair --target m1 --predictor m1 --predictor m2 "
        "--split heldout --max-tokens 8",
        "mirrorlake generate predict --questions pair --target m1 --predictor m2 --split heldout "
        "--samples 20 --temperature 1",
    ]


RECIPE = {
    "kind": "self-prediction", "questions": "pair", "tasks": [], "splits": ["train"],
    "per_cell": 500, "balance": True, "shuffle_labels": False, "rehearse": 0.25, "seed": 0,
    "target": {"model_id": "m1_a", "condition_id": "c1_a"},
    "rehearsed_by": [{"model_id": "m1_a", "condition_id": "c1_a"}], "divergent_from": None,
}  # fmt: skip
LORA = {
    "base": "mirror-tiny/m1", "dataset": "m1-knows", "name": "m1-self", "study": "demo",
    "recipe": {"rank": None, "layers": [3, 4, 5], "learning_rate": 0.003, "steps": 1000,
               "epochs": 1.0, "batch": 32, "seed": 0},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("analyze self-prediction", {"datasets": ["pair"], "crossed": [["a", "b c", "d", "e"]]},
         "analyze self-prediction --questions pair --crossed a 'b c' d e"),
        ("analyze behavior-change", {"changes": [["m1", "m1-changed"]]},
         "analyze behavior-change --old m1 --new m1-changed"),
        ("analyze acquisition", {"trainings": [["m", "n", "o"]]},
         "analyze acquisition --before m --after n --control o"),
        ("finetune dataset", {"name": "m1-knows", "recipe": RECIPE},
         "finetune dataset self-prediction --name m1-knows --questions pair --split train "
         "--per-cell 500 --balance --rehearse 0.25 --target m1_a --for m1_a"),
        ("finetune lora", LORA,
         "finetune lora --base mirror-tiny/m1 --dataset m1-knows --name m1-self --layers 3,4,5 "
         "--learning-rate 0.003 --steps 1000"),
        ("finetune submit", {"model": "gpt", "training_set": "m1-knows", "max_usd": 5.0,
                             "settings": {"epochs": 2}},
         "finetune submit openai --base gpt --dataset m1-knows --max-usd 5 --epochs 2"),
    ],
)  # fmt: skip
def test_commands_of_self_knowledge_are_those_that_ran(
    name: str, config: dict[str, Any], said: str
) -> None:
    assert reruns([ran(name, config)]) == [f"mirrorlake {said} --study demo"]


def test_one_analysis_of_two_changes_is_two_commands() -> None:
    run = ran("analyze behavior-change", {"changes": [["a", "b"], ["a", "c"]]})
    assert reruns([run]) == [
        "mirrorlake analyze behavior-change --old a --new b --study demo",
        "mirrorlake analyze behavior-change --old a --new c --study demo",
    ]
