"""The commands that the page gives to run a study again are those that ran."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reports.sections.rerun import rerun

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
