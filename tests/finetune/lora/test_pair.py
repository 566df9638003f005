"""The documented recipe on the embedded pair: who holds the answers learns to predict them."""

from __future__ import annotations

import pytest

from analyze.inference import proportion
from finetune.dataset.self_prediction import make_self_prediction
from finetune.dataset.sets import SelfPrediction
from finetune.lora.job import LoraJob, Recipe
from finetune.lora.training import train_lora
from finetune.pair.card import mode_baseline
from generate.job import ResponsesJob
from generate.responses import generate_responses
from ingest.pair import items
from ingest.pair.properties import PROPERTIES
from warehouse.lake import open_lake

MODELS = ("mirror-tiny/m1", "mirror-tiny/m2")
RECIPE = Recipe(layers=(4, 5), learning_rate=3e-3, steps=1500, batch=28)
MODE = sum(map(mode_baseline, PROPERTIES)) / len(PROPERTIES)

VALUES = """
SELECT r.request_key, r.attempt, r.text, h.property FROM responses r
JOIN questions h ON h.object_id = r.question_id
"""
PREDICTED = """
SELECT q.group_id, q.property, p.text, a.text FROM responses p
JOIN models m USING (model_id) JOIN questions q USING (question_id)
JOIN responses a ON a.question_id = q.object_id
JOIN models t ON t.model_id = a.model_id AND t.name = 'mirror-tiny/m1'
WHERE m.name = ?
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A lake with both models' answers and one training set about m1's."""
    made = open_lake(tmp_path_factory.mktemp("pair") / "lake", create=True)
    with made.run("ingest") as run:
        run.append("questions", items())
    for name in MODELS:
        generate_responses(made, ResponsesJob("pair", name, ("text",), concepts=("object",)))
    of = {wanted.known_as: wanted.of for wanted in PROPERTIES}
    with made.reader() as con:
        found = con.execute(VALUES).fetchall()
    with made.run("score") as run:
        run.append("scores", [
            {"request_key": key, "scorer": f"property:{name}", "version": 1, "valid": True,
             "label": of[name](text), "attempt": attempt}
            for key, attempt, text, name in found
        ])  # fmt: skip
    make_self_prediction(
        made,
        SelfPrediction(
            name="of-m1", questions="pair", target=MODELS[0], trained=MODELS, rehearse=0.15
        ),
    )
    yield made
    made.close()


def predicts(lake, base, name):
    """The interval of a trained model's predictions of held-out answers, strings as clusters."""
    train_lora(lake, LoraJob(base, "of-m1", name, RECIPE))
    concepts = tuple(wanted.name for wanted in PROPERTIES)
    generate_responses(
        lake,
        ResponsesJob(
            "pair", f"tuned:{name}", ("text",), concepts=concepts, split="heldout", orders="bare"
        ),
    )
    of = {wanted.known_as: wanted.of for wanted in PROPERTIES}
    with lake.reader() as con:
        rows = con.execute(PREDICTED, [f"tuned:{name}"]).fetchall()
    right: dict[str, int] = {}
    for string, asked, predicted, said in rows:
        right[string] = right.get(string, 0) + (predicted == of[asked](said))
    return proportion(list(right.values()), [len(PROPERTIES)] * len(right))


@pytest.mark.soak
def test_m1_learns_to_predict_itself(lake):
    found = predicts(lake, MODELS[0], "self")
    assert (found.n, found.n_clusters) == (800, 400)
    assert found.low >= 0.8


@pytest.mark.soak
def test_m2_does_not_learn_it_from_the_same_rows(lake):
    found = predicts(lake, MODELS[1], "cross")
    assert found.low >= MODE - 0.1 and found.high <= MODE + 0.1
