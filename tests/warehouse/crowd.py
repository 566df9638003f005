"""What the processes of the tests with several processes do: write, read, start together."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from unittest import mock

import duckdb
import polars as pl
from click.testing import CliRunner

from cli import main
from console import catch
from tests.samples import answer, condition, question, requests
from tests.warehouse import crash_work
from warehouse import commands, compaction, publish, sql  # noqa: F401  imported before forking
from warehouse import run as run_module
from warehouse.errors import BusyError
from warehouse.lake import open_lake

COUNTS = "SELECT count(*) AS rows, count(DISTINCT request_key) AS keys FROM responses"


def together(*functions: Callable[[], object]) -> list[int]:
    """Run functions in forked children at the same time; return their exit statuses."""
    children = []
    for function in functions:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                function()
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
            except BaseException:
                sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
            finally:
                sys.stderr.flush()
                os._exit(code)
        children.append(pid)
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]


def begin(path: str) -> None:
    """Make a lake with its first answers, so that there is something to read."""
    crash_work.fill(path)


def read_during_writes(path: str, seconds: str, readers: str) -> None:
    """Fill, seal and compact while others read; each reader writes how often it read."""
    lake = Path(path)
    until = time.monotonic() + float(seconds)
    reading = [lambda i=i: read(lake, i, until) for i in range(int(readers))]
    assert together(lambda: write(lake, until), *reading) == [0] * (len(reading) + 1)


def write(lake: Path, until: float) -> None:
    """Add questions, answer them in small sealed batches and compact, again and again."""
    start = 1000
    while time.monotonic() < until or start == 1000:
        some = [question(i) for i in range(start, start + 5)]
        start += 5
        with (
            mock.patch.object(run_module, "SEAL_ROWS", 4),
            mock.patch.object(compaction, "MAX_FILES", 6),
            open_lake(lake).run("generate responses") as run,
        ):
            run.append("questions", some)
            model_id, condition_id = condition(run)
            for row in run.plan(requests(some, condition_id)).rows():
                run.record([answer(row, model_id)])
    lake.with_suffix(".written").write_text(str(start))


def read(lake: Path, reader: int, until: float) -> None:
    """Read until the time is up: keys are never doubled, and rows never become fewer."""
    ways = (_through_the_lake, _through_the_command, _with_plain_duckdb, _with_polars)
    queries = 0
    held = open_lake(lake).reader()
    [(at_first, _)] = held.execute(COUNTS).fetchall()
    rows = at_first
    while time.monotonic() < until or rows == at_first:
        found, keys = ways[reader % len(ways)](lake)
        assert found == keys, f"{found - keys} doubled keys"
        assert found >= rows, f"{rows} rows became {found}"
        rows, queries = found, queries + 1
        # Opened before every compaction since: it keeps reading the files that it opened.
        assert held.execute(COUNTS).fetchall() == [(at_first, at_first)]
    lake.with_suffix(f".{reader}.queries").write_text(str(queries))


def _through_the_lake(lake: Path) -> tuple[int, int]:
    with closing(open_lake(lake)) as opened, opened.reader() as con:
        [counts] = con.execute(COUNTS).fetchall()
    return counts


def _through_the_command(lake: Path) -> tuple[int, int]:
    done = CliRunner().invoke(main, ["sql", COUNTS, "--json", "--lake", str(lake)])
    assert done.exit_code == 0, done.output
    [row] = json.loads(done.stdout)
    return row["rows"], row["keys"]


def _with_plain_duckdb(lake: Path) -> tuple[int, int]:
    with duckdb.connect(str(lake / publish.WAREHOUSE), read_only=True) as con:
        [counts] = con.execute(COUNTS).fetchall()
    return counts


def _with_polars(lake: Path) -> tuple[int, int]:
    manifest = json.loads((lake / publish.MANIFEST).read_text())
    files = [lake / name for name in manifest["tables"]["responses"]]
    keys = pl.read_parquet(files, columns=["request_key"]).get_column("request_key")
    return keys.len(), keys.n_unique()


def start_different_work(path: str) -> None:
    """Start three commands at once, each with questions of its own; all finish."""
    lake = Path(path)
    assert (
        together(*(lambda i=i: _ask(lake, range(10 * i, 10 * i + 10)) for i in range(3))) == [0] * 3
    )


def start_same_work(path: str) -> None:
    """Start three commands at once with the same work; one finishes, two name it and end."""
    lake = Path(path)
    begun = lake.with_suffix(".refused")
    begun.mkdir()

    def command(i: int) -> None:
        sys.stderr = (begun / f"{i}.said").open("w")
        catch(_ask)(lake, range(10), others_refused=begun)

    statuses = together(*(lambda i=i: command(i) for i in range(3)))
    assert sorted(statuses) == [0, 2, 2]


def _ask(lake: Path, numbers: Sequence[int], others_refused: Path | None = None) -> None:
    some = [question(i) for i in numbers]
    with open_lake(lake, create=True).run("generate responses") as run:
        run.append("questions", some)
        model_id, condition_id = condition(run)
        try:
            todo = run.plan(requests(some, condition_id)).rows()
        except BusyError:
            (others_refused / f"{os.getpid()}.refused").touch()
            raise
        if others_refused:
            _wait_for(lambda: len(list(others_refused.glob("*.refused"))) == 2)
        for row in todo:
            run.record([answer(row, model_id)])


def _wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
