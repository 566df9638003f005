"""Which model knows what, how sure, and could a shortcut explain it?

Question and estimand: for every concept, model, condition and reading of the answers, the
mean over questions of the probability of choosing the right option, each question averaged
over the orders in which its options were shown. Source: step 1 of *From Imitation to
Introspection* (arXiv 2410.18819). The cluster is the question's `group_id` throughout.

Controls: both orders of the options with position bias and consistency; surface baselines;
all wordings of a family right; abstention apart from error; answers that could not be read
counted with their reason and bounded both ways; hazard knowledge left out of every mean;
paired comparison of all conditions on shared questions with Holm's adjustment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import duckdb
import pyarrow as pa

from analyze import frames, settled
from analyze.baseline_rows import baseline_rows, flag
from analyze.comparison_rows import comparison_rows
from analyze.concept_rows import concept_rows
from analyze.imported_rows import imported_digest, imported_rows, scored_elsewhere
from analyze.result_audits import AUDITS, audit_rows
from analyze.result_rows import Row, Source
from analyze.score import unscored
from analyze.settled import Settled
from analyze.stored import UNCHANGED, is_stored, store, stored
from console import say
from warehouse import publish
from warehouse.errors import InputError, nearest
from warehouse.keys import canonical, digest
from warehouse.lake import Lake
from warehouse.run import Run

ANALYSIS = "quantify"
# Raised with every change of what is computed, so that stored results are replaced.
VERSION = 7

_ORDER = (
    "dataset, metric, reading, model_id, condition_id, other_model_id, other_condition_id, concept"
)


def run_quantify(
    lake: Lake, datasets: Sequence[str] | None = None, study: str = "default"
) -> list[dict[str, Any]]:
    """Return the current `results` rows of the data sets, computed anew only where rows changed.

    Responses that no scorer has read are scored first. Without `datasets`, every data set
    with answered multiple-choice questions or another tool's scores is taken. Raises InputError
    where there are none.
    """
    before = settled.recall(lake, study, _state(lake.published_files()))
    known = before.known or _answered(lake)
    chosen = _chosen(lake, known, datasets)
    with lake.reader() as con:
        sources = [Source(ANALYSIS, study, name, before.inputs.get(name, "")) for name in chosen]
        if all(_is_stored(con, source) for source in sources):
            say(UNCHANGED)
            return stored(con, sources, _ORDER)
    after = _bring_up_to_date(lake, chosen, study)
    if after.state == before.state:
        after = replace(after, known=known, inputs=before.inputs | after.inputs)
    else:
        after = replace(after, known=_answered(lake))
    settled.note(lake, study, after)
    with lake.reader() as con:
        return stored(con, sources, _ORDER)


def _bring_up_to_date(lake: Lake, chosen: Sequence[str], study: str) -> Settled:
    """Score what no scorer has read and store what changed; return what was read for it."""
    state = _state(lake.published_files())
    with lake.reader() as con:
        scores = unscored(con)
        first = next(scores, None)
        found = [] if first else [*_estimates(con, chosen, study)]
        if first or any(rows for _, _, rows in found):
            config = {"datasets": [*chosen], "study": study}
            with lake.run("analyze quantify", config=config, study=study) as run:
                if first:
                    for batch in chain([first], scores):
                        run.count(scored=run.append("scores", pa.Table.from_batches([batch])))
                    # What was written a moment ago may not be published yet.
                    state = _state(publish.live_files(lake.ledger))
                    with lake.ledger_reader(analyses=True) as scored:
                        found = [*_estimates(scored, chosen, study)]
                for dataset, _, rows in found:
                    if rows:
                        _store(lake, run, dataset, study, rows)
        else:
            say(UNCHANGED)
    return Settled(state, [], {dataset: inputs for dataset, inputs, _ in found})


def _state(files: Mapping[str, Sequence[str]]) -> str:
    return settled.state_of(VERSION, files)


def _estimates(
    con: duckdb.DuckDBPyConnection, datasets: Sequence[str], study: str
) -> Iterator[tuple[str, str, list[Row]]]:
    """Yield each data set, the digest of its rows, and its estimates unless they are stored."""
    for dataset in datasets:
        with frames.frozen(con, dataset):
            inputs = _inputs_digest(con, dataset)
            source = Source(ANALYSIS, study, dataset, inputs)
            yield dataset, inputs, [] if _is_stored(con, source) else compute(con, source)


def _store(lake: Lake, run: Run, dataset: str, study: str, rows: list[Row]) -> None:
    store(run, rows)
    with lake.ledger_reader(analyses=True) as con:
        run.upsert("audits", [{**r, "run_id": run.run_id} for r in audit_rows(con, dataset, study)])
    say(f"{dataset}: {len(rows):,} estimates.")


def compute(con: duckdb.DuckDBPyConnection, source: Source) -> list[Row]:
    """Return every estimate of one data set, which is frozen, from its scored responses."""
    sums = frames.load(con, source.dataset)
    rows, baselines = concept_rows(source, sums), baseline_rows(source, sums)
    flag(rows, baselines)
    return [*rows, *baselines, *comparison_rows(source, sums), *imported_rows(con, source)]


def _inputs_digest(con: duckdb.DuckDBPyConnection, dataset: str) -> str:
    read = [frames.digest(con), imported_digest(con, dataset)]
    return digest(canonical([VERSION, *read]), "i1_", 40)


def _is_stored(con: duckdb.DuckDBPyConnection, source: Source) -> bool:
    """Return whether estimates and audits of a data set are those of its present rows."""
    [(audits,)] = con.execute(
        "SELECT count(*) FROM audits WHERE dataset = ? AND list_contains(?, audit)",
        [source.dataset, [audit.name for audit in AUDITS]],
    ).fetchall()
    return bool(audits == len(AUDITS)) and is_stored(con, source)


def _answered(lake: Lake) -> list[str]:
    with lake.reader() as con:
        found = con.execute(
            "SELECT DISTINCT dataset FROM question_facts"
            " WHERE question_id IN (SELECT question_id FROM responses)"
        ).fetchall()
        elsewhere = scored_elsewhere(con)
    known = sorted({*elsewhere, *(dataset for (dataset,) in found)})
    if not known:
        raise InputError(
            f"The lake {lake.path} holds no answers to questions with options. Run: "
            f"mirrorlake generate responses --lake {lake.path} --questions DATASET --model MODEL"
        )
    return known


def _chosen(lake: Lake, known: Sequence[str], datasets: Sequence[str] | None) -> list[str]:
    for dataset in datasets or ():
        if dataset not in known:
            raise InputError(
                f"No question with options of the data set '{dataset}' has an answer in the lake "
                f"{lake.path}.{nearest(dataset, known)}"
            )
    return sorted(set(datasets or known))
