"""What simulated responders say, written into a lake as ordinary rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator

from analyze.simulation.answers import NOT_COMPLIANT, Values, answered
from analyze.simulation.responders import Responders
from analyze.simulation.sampled import sampling_shares
from analyze.simulation.texts import (
    PROPERTIES,
    hypothetical_question,
    object_question,
    prediction,
    require_sayable,
    stored,
    word,
)
from warehouse import keys
from warehouse.lake import Lake

Row = dict[str, Any]

MODELS = ("simulated-1", "simulated-2")
# By target: the other model's kin that predicts it.
KIN = ("simulated-2-of-1", "simulated-1-of-2")
GREEDY = '{"max_tokens":64,"temperature":0.0}'
SAMPLED = '{"max_tokens":64,"temperature":1.0}'


@dataclass(frozen=True)
class Simulated:
    """What was written: model ids by name, and the truth behind the rows.

    A prediction says whom it is about by nothing but "you", so a model can be asked about one
    target only: each target is predicted by itself and by a kin of the other model. `crossed`
    are the names in the order that crossed comparisons take them.
    """

    dataset: str
    models: dict[str, str]
    who: Responders
    crossed: tuple[str, str, str, str] = (MODELS[0], KIN[0], MODELS[1], KIN[1])


def simulate(
    lake: Lake, who: Responders, strings: int, *, properties: int = 2, tasks: int = 1,
    training: int = 0, samples: int = 0, dataset: str = "simulated", seed: int = 0,
) -> Simulated:  # fmt: skip
    """Write questions, models, conditions and responses; return what is true of them.

    Every string is asked about in `tasks` tasks; `properties` of each answer are predicted, by the
    model itself and by the other model's kin. `training` more strings, of the split `train`, are
    answered, and nobody predicts them. With `samples` each model also answers and predicts itself
    so many times at temperature 1, from shares that have nothing to do with its greedy answers.
    Raises InputError for more properties or values than words can have.
    """
    require_sayable(properties, who.values)
    rng = np.random.default_rng(seed)
    models = {name: _model(name) for name in (*MODELS, *KIN)}
    objects = [
        object_question(dataset, f"task-{task}", f"string-{number}", split)
        for number, split in enumerate(["val"] * strings + ["train"] * training)
        for task in range(tasks)
    ]
    writer = _Writer(objects, properties, strings * tasks, models)
    rows = list(writer.greedy(rng, who, strings + training))
    if samples:
        for model in (0, 1):
            rows += writer.sampled(rng, who, model, strings, samples)
    with lake.run("simulate", {"strings": strings, "seed": seed}) as run:
        run.append("questions", [stored(row) for row in writer.questions])
        run.upsert("models", list(models.values()))
        run.upsert("conditions", writer.conditions(bool(samples)))
        run.append("responses", rows)
    return Simulated(dataset, {name: row["model_id"] for name, row in models.items()}, who)


class _Writer:
    """Rows of responses to one set of questions; `asked` object questions are predicted."""

    def __init__(
        self, objects: Sequence[Row], properties: int, asked: int, models: dict[str, Row]
    ) -> None:
        self.objects, self.asked, self.models = objects, asked, models
        self.properties = PROPERTIES[:properties]
        self.hypothetical = [
            [hypothetical_question(row, name) for name in self.properties] for row in objects
        ]
        self.greedy_in = {name: _condition(row, GREEDY) for name, row in models.items()}
        self.sampled_in = {name: _condition(models[name], SAMPLED) for name in MODELS}

    @property
    def questions(self) -> list[Row]:
        """All questions."""
        return [*self.objects, *(row for rows in self.hypothetical for row in rows)]

    def conditions(self, sampled: bool) -> list[Row]:
        """Return the conditions of greedy rows and, where there are some, of sampled ones."""
        return [*self.greedy_in.values(), *(self.sampled_in.values() if sampled else ())]

    def greedy(self, rng: Generator, who: Responders, strings: int) -> Iterator[Row]:
        """Yield the greedy answers of both models and all predictions of them."""
        wide = len(self.properties)
        items = len(self.objects) // strings * wide
        # A word is said as a whole or not at all, so silence is drawn for words, not for values.
        made = answered(rng, replace(who, answering=1.0), 1, strings, items)
        for target, name in enumerate(MODELS):
            shown = made.shown[target].reshape(-1, wide)
            shown[rng.random(len(shown)) >= who.answering] = NOT_COMPLIANT
            yield from self._answers(self.greedy_in[name], shown, 0)
            for predictor, by in ((target, name), (1 - target, KIN[target])):
                said = made.said[predictor, target].reshape(-1, wide)
                yield from self._predictions(self.greedy_in[by], said, 0)

    def sampled(
        self, rng: Generator, who: Responders, model: int, strings: int, samples: int
    ) -> Iterator[Row]:
        """Yield answers and self-predictions of one model at temperature 1."""
        wide = len(self.properties)
        items = self.asked // strings * wide
        shown, said = sampling_shares(rng, who, strings, items, model)
        for sample in range(samples):
            values, foretold = (_one(rng, part).reshape(-1, wide) for part in (shown, said))
            condition = self.sampled_in[MODELS[model]]
            yield from self._answers(condition, values, sample)
            foretold = np.where(foretold == who.values, NOT_COMPLIANT, foretold).astype(np.int8)
            yield from self._predictions(condition, foretold, sample)

    def _answers(self, condition: Row, values: Values, sample: int) -> Iterator[Row]:
        for row, said in zip(self.objects, values.tolist(), strict=False):
            yield _response(row, condition, word(said), sample)

    def _predictions(self, condition: Row, values: Values, sample: int) -> Iterator[Row]:
        for rows, said in zip(self.hypothetical[: self.asked], values.tolist(), strict=False):
            for row, value in zip(rows, said, strict=True):
                yield _response(row, condition, prediction(value), sample)


def _one(rng: Generator, shares: np.ndarray[Any, Any]) -> Values:
    """Return one value drawn from each of the shares [..., values]."""
    above = rng.random((*shares.shape[:-1], 1)) >= shares.cumsum(axis=-1)[..., :-1]
    return np.asarray(above.sum(axis=-1), np.int8)


def _model(name: str) -> Row:
    row: Row = {"engine": "imported", "base": name, "name": name}
    return {"model_id": keys.model_id(row), **row}


def _condition(model: Row, sampling: str) -> Row:
    row: Row = {"model_id": model["model_id"], "engine": "imported", "template": "imported",
                "sampling": sampling}  # fmt: skip
    return {"condition_id": keys.condition_id(row), **row}


def _response(question: Row, condition: Row, text: str, sample: int) -> Row:
    asked, how = question["question_id"], condition["condition_id"]
    return {
        "request_key": keys.request_key(asked, "-", "text", how, sample),
        "question_id": asked,
        "condition_id": how,
        "model_id": condition["model_id"],
        "variant": "-",
        "reading": "text",
        "sample_index": sample,
        "attempt": 1,
        "status": "ok",
        "text": text,
        "origin": "imported",
    }
