"""The file of views is made anew in part, and shows the same as one that is made whole."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse import publish, view_file, views

ONE, OTHER = "SELECT 1 AS a", "SELECT 2 AS a"


def shown(path: Path) -> dict[str, str]:
    with duckdb.connect(str(path), read_only=True) as con:
        query = "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal"
        return dict(con.execute(query).fetchall())


@pytest.fixture
def files(lake) -> dict[str, list[str]]:
    """The segments of a lake with one run."""
    with lake.run("by hand") as run:
        run.upsert("models", [{"model_id": "m1", "engine": "imported", "base": "b", "name": "n"}])
    return lake.published_files()


@pytest.fixture
def made(lake, files, tmp_path, monkeypatch):
    """Return a function that writes the file over an old one, and the views it made."""
    calls: list[set[str]] = []
    real = views.create

    def create(con, given, analyses=True, only=None):
        calls.append(set(only))
        real(con, given, analyses, only)

    monkeypatch.setattr(view_file.views, "create", create)

    def write(name: str, old: str, given=files) -> Path:
        path = tmp_path / name
        view_file.write(path, publish.absolute(lake.path, given), tmp_path / old)
        return path

    return write, calls


def test_only_what_changed_is_made_again_and_shows_the_same(made, files):
    write, calls = made
    whole = write("whole", "none")
    again = write("again", "whole")
    assert calls[-1] == set() and shown(again).keys() == shown(whole).keys()
    fewer = {**files, "models": []}
    part = write("part", "whole", fewer)
    assert calls[-1] == {"models_history"}
    fresh = write("fresh", "none", fewer)
    # DuckDB writes the same deep view in more than one way.
    assert shown(part).keys() == shown(fresh).keys()
    assert shown(part)["models_history"] == shown(fresh)["models_history"]
    with duckdb.connect(str(part), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM models").fetchall() == [(0,)]


def test_other_definitions_make_every_view_again(made, monkeypatch):
    write, calls = made
    monkeypatch.setattr(view_file.views, "analysis_views", lambda: {"one": ONE, "gone": ONE})
    view_file._definitions.cache_clear()
    write("old", "none")
    monkeypatch.setattr(view_file.views, "analysis_views", lambda: {"one": OTHER})
    view_file._definitions.cache_clear()
    new = write("new", "old")
    assert {"one", "models", "models_history"} <= calls[-1]
    assert "gone" not in shown(new)
    with duckdb.connect(str(new), read_only=True) as con:
        assert con.execute("FROM one").fetchall() == [(2,)]
    monkeypatch.undo()
    view_file._definitions.cache_clear()


def test_a_view_of_ones_own_stays(made):
    write, _ = made
    path = write("old", "none")
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE VIEW mine AS SELECT name FROM models")
    assert "mine" in shown(write("new", "old"))


@pytest.mark.parametrize("damage", [b"", b"not a database at all" * 1000])
def test_a_spoilt_old_file_is_not_needed(made, tmp_path, damage):
    write, _ = made
    (tmp_path / "spoilt").write_bytes(damage)
    assert shown(write("new", "spoilt")).keys() == shown(write("whole", "none")).keys()
