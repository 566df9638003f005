"""What is measured, against what: one function a benchmark, each yielding rows of the table."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import MIRRORLAKE, PYTHON, Measured, measure

PANDAS = "pandas, accuracy and position bias only"
POLARS = "plain Polars, accuracy and position bias only"


@dataclass(frozen=True)
class Row:
    """One line of the table; `against` is None where the other side is not installed."""

    name: str
    what: str
    ours: Measured
    other: str
    against: Measured | None


@dataclass(frozen=True)
class Place:
    """Where benchmarks work, and how many responses the large lake has."""

    folder: Path
    rows: int

    @property
    def tenth(self) -> int:
        """A tenth of the rows: the size of plans, and of the smaller lake."""
        return self.rows // 10

    @property
    def hundredth(self) -> int:
        """A hundredth of the rows: the size of what is done answer by answer."""
        return self.rows // 100

    def lake(self, name: str = "large", rows: int | None = None) -> str:
        """Return the folder of a synthetic lake, made if it is not there."""
        path = self.folder / name
        if not path.exists():
            measure(*PYTHON, "-m", "benchmarks.synthetic", str(path), str(rows or self.rows))
        return str(path)

    def questions(self, name: str, count: int) -> str:
        """Return the folder of a lake with unanswered questions, made if it is not there."""
        path = self.folder / name
        if not path.exists():
            measure(*PYTHON, "-m", "benchmarks.synthetic", str(path), str(count), "questions")
        return str(path)

    def copy(self, name: str) -> str:
        """Return a fresh copy of a lake, for what changes it."""
        target = self.folder / f"{name}-copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder / name, target)
        return str(target)

    def file(self, name: str) -> str:
        """Return a path in the working folder."""
        return str(self.folder / name)


def ours(step: str, lake: str, rows: int) -> Measured:
    """Return what a step of the main job takes."""
    return measure(*PYTHON, "-m", "benchmarks.ours", step, lake, str(rows))


def bound(step: str, *arguments: str, repeat: int = 1) -> Measured:
    """Return what a lower bound takes."""
    return measure(*PYTHON, "-m", "benchmarks.bounds", step, *arguments, repeat=repeat)


def mirrorlake(*arguments: str, repeat: int = 1) -> Measured:
    """Return what a whole command takes."""
    return measure(*MIRRORLAKE, *arguments, repeat=repeat)


def start(place: Place) -> Iterator[Row]:
    """Yield how long the program takes to start and to answer the smallest query."""
    lake = place.lake("small", place.hundredth)
    click = measure(*PYTHON, "-c", "import click", repeat=5)
    yield Row("help", "mirrorlake --help", mirrorlake("--help", repeat=5), "import click", click)
    query = "import duckdb; print(duckdb.connect().execute('select 1').fetchall())"
    bare = measure(*PYTHON, "-c", query, repeat=5)
    select = mirrorlake("sql", "select 1", "--lake", lake, repeat=5)
    yield Row("sql", "mirrorlake sql 'select 1'", select, "a bare DuckDB query", bare)


def plan(place: Place) -> Iterator[Row]:
    """Yield how long planning takes beside the bare anti-join."""
    lake, n = place.lake(), str(place.tenth)
    what = f"{place.tenth:,} new keys against {place.rows:,} finished"
    join = bound("anti_join", lake, n)
    yield Row("plan", f"plan {what}", ours("plan", lake, place.tenth), "bare anti-join", join)
    insert = bound("anti_join_and_insert", lake, n, place.file("insert.sqlite"))
    claimed = ours("claim", place.copy("large"), place.tenth)
    yield Row("claim", f"plan and claim {what}", claimed, "anti-join, bare SQLite insert", insert)
    again = ours("replan", place.copy("large"), place.tenth)
    finished = bound("anti_join_finished", lake, n)
    what = f"plan {place.tenth:,} finished keys again"
    yield Row("replan", what, again, "bare anti-join", finished)


def large_plans(place: Place) -> Iterator[Row]:
    """Yield what a finished job takes, and one that is begun with ten times as many requests."""
    place.lake()
    lake, n = place.copy("large"), place.tenth
    ours("finish", lake, n)
    took = ours("again", lake, n)
    what = f"generate responses, {n:,} finished requests, 0 calls of the model"
    yield Row("again", what, took, "bare anti-join", bound("anti_join_job", lake, str(n)))
    shutil.rmtree(lake)
    n = place.rows
    place.questions("asked", n // 10)
    took = ours("whole", place.copy("asked"), n)
    what = f"plan and claim {n:,} requests of a job, go through them unanswered"
    rows = bound("all_as_rows", place.file("asked"), str(n), place.file("all.sqlite"))
    other = "all as rows: DuckDB, bare SQLite insert, joined"
    yield Row("whole", what, took, other, rows)


def quantify(place: Place) -> Iterator[Row]:
    """Yield how long scoring and estimating take beside Polars and pandas."""
    place.lake()
    lake = place.copy("large")
    scored = ours("score", lake, 0)
    polars = bound("score_polars", lake, place.file("scores.parquet"))
    what = f"score and seal {place.rows:,} responses"
    yield Row("score", what, scored, "Polars, scored into one file", polars)
    estimated = mirrorlake("analyze", "quantify", "--lake", lake)
    what = f"analyze quantify, {place.rows:,} scored responses of 20 models"
    yield Row("quantify", what, estimated, POLARS, _baseline("quantify_polars", lake))
    pandas = _baseline("quantify_pandas", lake) if find_spec("pandas") else None
    yield Row("quantify", what, estimated, PANDAS, pandas)
    again = mirrorlake("analyze", "quantify", "--lake", lake)
    what = "analyze quantify again, nothing changed"
    yield Row("requantify", what, again, POLARS, _baseline("quantify_polars", lake))


def _baseline(name: str, *arguments: str) -> Measured:
    return measure(*PYTHON, "-m", f"benchmarks.baselines.{name}", *arguments)


def write(place: Place) -> Iterator[Row]:
    """Yield how long recording, sealing and ingesting take."""
    n = place.hundredth
    lake = place.lake("small", n)
    recorded = ours("record", place.copy("small"), n)
    bodies = bound("insert_bodies", lake, str(n), place.file("bodies.sqlite"))
    what = f"record {n:,} answers, durable every 256"
    yield Row("record", what, recorded, "JSON into bare SQLite, as often", bodies)
    sealed = ours("seal", place.copy("small"), n)
    written = bound("write_answers", lake, str(n), place.file("answers.parquet"))
    what = f"seal and publish {n:,} recorded answers"
    yield Row("seal", what, sealed, "JSON to one Parquet file, pyarrow", written)
    source = place.file("rows.csv")
    measure(*PYTHON, "-m", "benchmarks.synthetic", source, str(n))
    least = bound("ingest_polars", source, place.file("rows.parquet"), repeat=3)
    fresh = place.file("ingested")
    shutil.rmtree(fresh, ignore_errors=True)
    for kind in ("questions", "responses"):
        took = mirrorlake("ingest", kind, source, "--dataset", "rows", "--lake", fresh)
        what = f"ingest {kind}, {n:,} rows of CSV"
        yield Row(f"ingest {kind}", what, took, "Polars, CSV to Parquet", least)


def check(place: Place) -> Iterator[Row]:
    """Yield how long a full check takes."""
    lake = place.lake("medium", place.tenth)
    what = f"lake check, {place.tenth:,} responses"
    least = bound("check", lake)
    took = mirrorlake("lake", "check", "--lake", lake)
    yield Row("check", what, took, "digests, and keys in DuckDB", least)


def generate(place: Place) -> Iterator[Row]:
    """Yield how long the embedded model takes beside a loop over single prompts."""
    lake = place.file("asked")
    shutil.rmtree(lake, ignore_errors=True)
    mirrorlake("ingest", "starter", "--lake", lake)
    questions = min(1_000, max(8, place.hundredth))
    command = ("generate", "responses", "--questions", "starter", "--model", "mirror-tiny/base")
    limit = ("--limit", str(questions), "--lake", lake)
    took = mirrorlake(*command, *limit)
    requests = place.file("requests.json")
    measure(*PYTHON, "-m", "benchmarks.requests", lake, requests)
    folder = str(Path(__file__).resolve().parents[1] / "finetune/organisms/base")
    loop = _baseline("generate_loop", folder, requests)
    what = f"generate responses, {questions} starter questions, letter and cloze"
    yield Row("generate", what, took, "batch-1 loop, plain transformers", loop)


def report(place: Place) -> Iterator[Row]:
    """Yield how long a report takes beside reading its rows and writing its bytes."""
    place.lake("small", place.hundredth)
    lake = place.copy("small")
    mirrorlake("analyze", "quantify", "--lake", lake)
    folder = place.file("report")
    took = mirrorlake("report", "--lake", lake, "--out", folder)
    least = bound("report", lake, f"{folder}/index.html", place.file("page.html"), repeat=3)
    what = "report of 20 models and 10 concepts"
    yield Row("report", what, took, "read the results, write as many bytes", least)


CASES: dict[str, Callable[[Place], Iterator[Row]]] = {
    case.__name__: case
    for case in (start, plan, large_plans, quantify, write, check, generate, report)
}


def to_json(row: Row) -> str:
    """Return a row as one line of JSON."""
    return json.dumps(
        {
            "name": row.name,
            "what": row.what,
            "seconds": row.ours.seconds,
            "peak_mb": row.ours.peak,
            "against": row.other,
            "against_seconds": row.against and row.against.seconds,
            "against_peak_mb": row.against and row.against.peak,
        }
    )
