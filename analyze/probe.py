"""What is linearly present in a model's hidden states, where, and is it more than the surface?

Question and estimand: for every site and layer, the AUROC with which an L2 logistic probe tells
states of label 1 from states of label 0 in groups that it was not fitted on (five folds of whole
groups, the view `question_folds`). Labels: `right`, after an appended reply, and `answer`, at
the end of the prompt (the view `probe_labels`). Source: step 2 of *From Imitation to
Introspection* (arXiv 2410.18819). The cluster is the question's `group_id`.

Controls: labels of whole groups flipped, probes refitted, the greatest statistic over all places
searched; letter only, bag of words, embedding layer, the same network with random weights;
trained under one order of the options and tested under the other; a control task on surface
types (Hewitt and Liang 2019); the difference of means beside the probe; transfer to other
concepts. Probes and differences of means, fitted outside fold 0, become rows of `directions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analyze.probe_rows import Concept
from analyze.probe_twins import embedding_rows, is_random, twin_rows
from analyze.probing import nulls, states, surface
from analyze.probing.directions import Directions
from analyze.probing.measure import (
    FOLDS,
    C,
    Task,
    control_of,
    cross_validated,
    directions,
    transferred,
)
from analyze.probing.states import Probed, States
from analyze.result_rows import Row, Source, result
from analyze.stored import UNCHANGED, is_stored, store, stored
from console import Progress, say
from warehouse.errors import InputError, nearest
from warehouse.keys import canonical, digest, direction_id
from warehouse.lake import Lake

ANALYSIS = "probe"
# Raised with every change of what is computed, so that stored results are replaced.
VERSION = 2

_ORDER = "dataset, model_id, reading, concept, other_concept, metric, site, layer, head"

_DATASETS_SQL = """
SELECT DISTINCT dataset FROM questions
WHERE question_id IN (SELECT question_id FROM activations) ORDER BY dataset
"""
_LABELS_DIGEST_SQL = """
SELECT concat_ws(':', count(*), bit_xor(md5_number(CAST(row(
    question_id, variant, group_id, fold, label, truth
) AS VARCHAR)))) FROM probe_labels WHERE dataset = ?
"""


def run_probe(
    lake: Lake, datasets: Sequence[str] | None = None, study: str = "default"
) -> list[dict[str, Any]]:
    """Return the current `results` rows, computed anew where states or labels changed.

    Raises InputError for a data set without activations.
    """
    chosen = _chosen(lake, datasets)
    files = lake.published_files().get("activations", [])
    with lake.reader(states.READS) as con:
        sources = [_source(con, dataset, study, files) for dataset in chosen]
        stale = [source for source in sources if not is_stored(con, source)]
    if not stale:
        say(UNCHANGED)
    else:
        with lake.run("analyze probe", {"datasets": chosen, "study": study}, study) as run:
            for source in stale:
                with lake.ledger_reader(analyses=True) as con:
                    rows, fitted = _estimates(con, source)
                store(run, rows)
                run.count(directions=run.append("directions", _frame(fitted)))
    with lake.reader("FROM results") as con:
        return stored(con, sources, _ORDER)


def _chosen(lake: Lake, datasets: Sequence[str] | None) -> list[str]:
    with lake.reader(states.READS) as con:
        known = [name for (name,) in con.execute(_DATASETS_SQL).fetchall()]
    for name in datasets or ():
        if name not in known:
            raise InputError(
                f"The lake holds no activations of '{name}'.{nearest(name, known)} Capture them: "
                f"mirrorlake generate activations --questions {name} --model MODEL"
            )
    if not known:
        raise InputError(
            f"The lake {lake.path} holds no activations. Capture some: mirrorlake generate "
            "activations --questions DATASET --model MODEL --positions last,choice "
            "--variants choices --baselines"
        )
    return sorted(set(datasets or known))


def _source(
    con: duckdb.DuckDBPyConnection, dataset: str, study: str, files: Sequence[str]
) -> Source:
    [(labels,)] = con.execute(_LABELS_DIGEST_SQL, [dataset]).fetchall()
    inputs = digest(canonical([VERSION, sorted(files), labels]), "i1_", 40)
    return Source(ANALYSIS, study, dataset, inputs)


def _estimates(con: duckdb.DuckDBPyConnection, source: Source) -> tuple[list[Row], list[Row]]:
    """Return the rows of `results` and of `directions` of one data set."""
    models = {row["model_id"]: row for row in con.sql("FROM models").pl().iter_rows(named=True)}
    rows: list[Row] = []
    fitted: list[Row] = []
    found = states.probed(con, source.dataset)
    total = sum(len(which.slices) for which in found)
    with Progress(f"Probing {source.dataset}", total, unit="slices") as progress:
        for which in found:
            probe = _Probe(con, source, which, models[which.model_id])
            rows += probe.rows(progress)
            fitted += probe.fitted
    own = [row for row in rows if not is_random(models[row["model_id"]])]
    twins = [row for row in rows if is_random(models[row["model_id"]])]
    return [*own, *twin_rows(own, twins, models), *embedding_rows(own, models)], fitted


class _Probe:
    """Probing of one model for one label, slice by slice."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, source: Source, which: Probed, model: Row
    ) -> None:
        self.con, self.source, self.which, self.model = con, source, which, model
        self.fitted: list[Row] = []

    def rows(self, progress: Progress) -> Iterator[Row]:
        """Yield all rows; of a random twin only the AUROCs."""
        concepts = []
        for part in states.states(self.con, self.which):
            reason = _too_few(part)
            concept = self._concept(part, flips=0 if reason else nulls.FLIPS)
            if reason:
                say(f"{part.concept}: {reason}; not probed.")
                yield from concept.unprobed(reason)
            else:
                concepts.append(concept)
        layers = 1 + max(layer for _, layer in self.which.slices)
        for site, layer, heads, features in states.features(self.con, self.which):
            for concept in concepts:
                own = features[:, concept.states.places, :]
                concept.add_slice(site, layer, heads, own)
                if not is_random(self.model):
                    self._fit(concept, site, layer, heads, own)
            if site == "resid_post" and not is_random(self.model):
                yield from self._transfer(concepts, layer, features)
            progress.advance(1)
        for concept in concepts:
            if not is_random(self.model):
                self._surface(concept)
            yield from concept.finished(layers)

    def _concept(self, part: States, flips: int) -> Concept:
        seed = self.source.seed("flips", self.which.condition_id, part.concept)
        vectors = part.truth[None].astype(np.int8)
        if flips:
            vectors = nulls.flipped_labels(part.truth, part.groups, part.folds != 0, seed, flips)
        task = Task(part, vectors, control_of(part, self.source.seed("control") % 2**31))
        return Concept(self.source, self.which, task, self._missing(part))

    def _missing(self, part: States) -> int:
        """Return how many questions with a label have no state."""
        [(asked,)] = self.con.execute(
            "SELECT count(DISTINCT question_id) FROM question_folds"
            " WHERE dataset = ? AND concept = ?",
            [self.which.dataset, part.concept],
        ).fetchall()
        return int(asked) - part.frame["question_id"].n_unique()

    def _surface(self, concept: Concept) -> None:
        frame = concept.states.frame
        letters = frame["variant"].str.slice(-1).to_list()
        words = [
            f"{option} {' '.join('other_' + w for w in other.split())}"
            for option, other in zip(frame["option"], frame["other"], strict=True)
        ]
        for name, features in (
            ("letter", surface.letter_features(letters)),
            ("bag_of_words", surface.word_features(words)),
        ):
            concept.add_surface(name, cross_validated(features[None], concept.task)[0])

    def _transfer(
        self, concepts: Sequence[Concept], layer: int, features: np.ndarray[Any, Any]
    ) -> Iterator[Row]:
        for trained in concepts:
            for tested in concepts:
                if trained is tested:
                    continue
                found = transferred(features, trained.states, tested.states)
                if found is None:
                    continue
                about = trained.about(("resid_post", layer, None))
                estimate = replace(found.estimates()[0], n_missing=tested.n_missing)
                yield result(
                    self.source, "transfer", estimate,
                    about | {"other_concept": tested.states.concept},
                    tested.sql(("resid_post", layer, None)), null_value=0.5, detail={"c": C},
                )  # fmt: skip

    def _fit(
        self, concept: Concept, site: str, layer: int, heads: Sequence[int | None],
        features: np.ndarray[Any, Any],
    ) -> None:  # fmt: skip
        for kind, found in directions(features, concept.task).items():
            for number, head in enumerate(heads):
                if found.length[number, 0] > 0:
                    place = (site, layer, head)
                    self.fitted.append(self._direction(concept, kind, place, found, number))

    def _direction(
        self, concept: Concept, kind: str, place: tuple[str, int, int | None],
        found: Directions, number: int,
    ) -> Row:  # fmt: skip
        site, layer, head = place
        recipe = {
            "condition_id": self.which.condition_id, "dataset": self.which.dataset,
            "concept": concept.states.concept, "label": self.which.label,
            "position": self.which.position, "site": site, "layer": layer, "head": head,
            "c": C, "inputs": self.source.inputs_digest,
        }  # fmt: skip
        at = f"{site}.{layer}" + ("" if head is None else f".{head}")
        return {
            "direction_id": direction_id(kind, recipe),
            "kind": kind,
            "model_id": self.which.model_id,
            "site": site,
            "layer": layer,
            "head": head,
            "concept": concept.states.concept,
            "name": f"{kind}:{concept.states.concept}:{self.which.label}@{at}",
            "label": self.which.label,
            "norm": float(found.length[number, 0]),
            "sigma": float(found.sigma[number, 0]),
            "split": "all folds but 0 of question_folds",
            "params": canonical(recipe),
            "vector": found.unit[number, 0].astype(np.float32).tolist(),
        }


def _too_few(part: States) -> str | None:
    """Return why a concept cannot be probed: a fold that does not hold both labels."""
    held = [part.truth[part.folds == fold] for fold in range(FOLDS)]
    if all(len(set(labels)) == 2 for labels in held):
        return None
    groups = part.frame["group_id"].n_unique()
    return f"{groups} groups are too few for {FOLDS} folds with both labels"


def _frame(fitted: Sequence[Row]) -> pl.DataFrame:
    types: dict[str, Any] = {"head": pl.Int32, "layer": pl.Int32, "vector": pl.List(pl.Float32)}
    return pl.DataFrame(list(fitted), schema_overrides=types, infer_schema_length=None)
