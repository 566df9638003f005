from __future__ import annotations

import shutil
import subprocess
import sys

import duckdb

from tests.samples import question
from tests.warehouse.test_run import answer_all, rows_of
from warehouse.lake import open_lake

COUNT = "SELECT (SELECT count(*) FROM responses), (SELECT count(*) FROM models)"


def plain_client(path) -> tuple:
    """Ask `warehouse.duckdb` from another process, as a person's own DuckDB would."""
    code = (
        "import duckdb, sys; con = duckdb.connect(sys.argv[1], read_only=True);"
        f"print(con.execute('{COUNT}').fetchall()[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    return eval(done.stdout)


def test_a_plain_client_opens_the_warehouse_while_a_writer_runs(lake):
    answer_all(lake, [question(i) for i in range(3)])
    with lake.run("generate responses"):
        assert plain_client(lake.path / "warehouse.duckdb") == (6, 1)


def test_an_open_client_keeps_its_rows_through_a_compaction(lake):
    for i in range(3):
        answer_all(lake, [question(i)])
    from warehouse.compaction import compact_all

    with duckdb.connect(str(lake.path / "warehouse.duckdb"), read_only=True) as con:
        with lake.run("lake compact"), lake.publish_lock.held(print):
            assert compact_all(lake)["responses"] == (3, 1)
        assert con.execute("SELECT count(*) FROM responses").fetchall() == [(6,)]
    assert rows_of(lake, "SELECT count(*) FROM responses") == [(6,)]


def test_a_moved_lake_opens_after_any_command(lake, tmp_path):
    answer_all(lake, [question(i) for i in range(3)])
    lake.close()
    moved = tmp_path / "elsewhere" / "it's moved"
    moved.parent.mkdir()
    shutil.move(lake.path, moved)
    assert rows_of(open_lake(moved), "SELECT count(*) FROM responses") == [(6,)]
    assert plain_client(moved / "warehouse.duckdb") == (6, 1)


def test_deleting_manifest_and_warehouse_loses_nothing(lake):
    answer_all(lake, [question(i) for i in range(3)])
    (lake.path / "manifest.json").unlink()
    (lake.path / "warehouse.duckdb").unlink()
    assert rows_of(lake, "SELECT count(*) FROM responses") == [(6,)]
    assert plain_client(lake.path / "warehouse.duckdb") == (6, 1)


def test_the_digest_names_the_rows_and_ignores_bookkeeping(lake):
    answer_all(lake, [question(0)])
    before = lake.digest()
    with lake.run("nothing"):
        pass
    assert lake.digest() == before
    answer_all(lake, [question(1)])
    assert lake.digest() != before
