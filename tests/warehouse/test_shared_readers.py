"""Readers of one process share a database, and do not feel it."""

from __future__ import annotations

import os

import duckdb
import pytest

from warehouse import reader
from warehouse.lake import open_lake


def add(lake, name: str) -> None:
    with lake.run("by hand") as run:
        run.upsert("models", [{"model_id": name, "engine": "x", "base": "b", "name": name}])


def names(con) -> list[str]:
    return [name for (name,) in con.execute("SELECT name FROM models ORDER BY name").fetchall()]


@pytest.fixture
def databases(monkeypatch) -> list[int]:
    """The number of databases that were made, one item each."""
    made: list[int] = []
    real = reader.connect

    def connect(*args, **more):
        made.append(1)
        return real(*args, **more)

    monkeypatch.setattr(reader, "connect", connect)
    return made


def test_one_database_serves_until_something_is_published(lake, databases):
    add(lake, "a")
    with lake.reader() as con, lake.reader() as other:
        assert names(con) == names(other) == ["a"]
    assert len(databases) == 1
    add(lake, "b")
    with lake.reader() as con:
        assert names(con) == ["a", "b"]
    assert len(databases) == 2


def test_an_open_reader_outlives_a_publication_and_the_lake(tmp_path):
    lake = open_lake(tmp_path / "lake", create=True)
    add(lake, "a")
    first = lake.reader()
    add(lake, "b")
    with lake.reader() as second:
        assert (names(first), names(second)) == (["a"], ["a", "b"])
    lake.close()
    assert names(first) == ["a"]
    first.close()


@pytest.mark.parametrize(
    "mischief",
    ["CREATE TABLE mine AS SELECT 1", "CREATE OR REPLACE VIEW models AS SELECT 'z' AS name",
     "DROP VIEW models", "CREATE MACRO f() AS 1", "ATTACH ':memory:' AS other"],
)  # fmt: skip
def test_what_one_reader_makes_of_the_catalogue_is_gone_for_the_next(lake, mischief):
    add(lake, "a")
    for _ in range(2):
        with lake.reader() as con:
            assert names(con) == ["a"]
            con.execute(mischief)


def test_temporary_tables_are_each_readers_own(lake, databases):
    for _ in range(2):
        with lake.reader() as con:
            con.execute("CREATE TEMP TABLE mine AS SELECT 1")
    assert len(databases) == 1


def test_every_reader_is_locked(lake):
    with lake.reader():
        pass
    with lake.reader() as con:
        frame = {"a": [1]}  # noqa: F841  what a replacement scan would find
        for query in ("FROM frame", "SET threads = 1", "FROM read_csv('/etc/passwd')"):
            with pytest.raises(duckdb.Error):
                con.execute(query)
        asked = "current_setting('TimeZone'), current_setting('parquet_metadata_cache')"
        assert con.execute(f"SELECT {asked}").fetchall() == [("UTC", True)]


def test_a_forked_child_reads_for_itself(lake):
    add(lake, "a")
    with lake.reader() as con:
        assert names(con) == ["a"]
    pid = os.fork()
    if pid == 0:
        os._exit(0 if names(lake.reader()) == ["a"] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
