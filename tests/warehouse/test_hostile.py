"""What breaks around a lake: its ledger, its disk, its folder, and what queries ask of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import duckdb
import pytest
from click.testing import CliRunner

from cli import main
from tests.warehouse import crash_work
from tests.warehouse.test_check import damage, invoke, segment_of
from tests.warehouse.test_crash import ANSWERS
from tests.warehouse.test_run import rows_of
from warehouse import compaction, publish
from warehouse.errors import DamageError, InputError, StorageError
from warehouse.lake import open_lake
from warehouse.ledger import Ledger
from warehouse.schema import TABLES


@pytest.fixture
def filled(lake):
    crash_work.fill(str(lake.path))
    lake.ensure_published()
    return lake


def digests(lake) -> dict[str, str]:
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(lake.path.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def sql(lake, query: str, *options: str):
    return CliRunner().invoke(main, ["sql", query, "--lake", str(lake.path), *options])


def empty(path) -> None:
    path.write_bytes(b"")


def drop_a_table(path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE segments")
        db.commit()


def scramble_a_table(path) -> None:
    with closing(sqlite3.connect(path)) as db:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'segments'"
        [(page,)] = db.execute(query).fetchall()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(data)


@pytest.mark.parametrize("spoil", [empty, drop_a_table, scramble_a_table])
def test_a_spoilt_ledger_is_one_sentence_for_every_command_and_is_rebuilt(filled, tmp_path, spoil):
    wanted = [rows_of(filled, query) for query in (ANSWERS, "SELECT * FROM models")]
    lake = tmp_path / "copy"
    shutil.copytree(filled.path, lake)
    with closing(sqlite3.connect(lake / "ledger.sqlite")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(lake / "ledger.sqlite")
    for command in (
        ["lake", "info"],
        ["lake", "check"],
        ["ingest", "starter"],
        ["sql", "FROM runs"],
    ):
        done = CliRunner().invoke(main, [*command, "--lake", str(lake)])
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1), (command, done.output)
        assert "lake check --repair" in done.stderr
    assert invoke(lake, "check", "--repair").exit_code == 0
    found = [rows_of(open_lake(lake), query) for query in (ANSWERS, "SELECT * FROM models")]
    assert found == wanted


def test_an_emptied_ledger_is_damage_also_where_nothing_was_sealed(lake):
    lake.close()
    (lake.path / "ledger.sqlite").write_bytes(b"")
    for part in lake.path.glob("ledger.sqlite-*"):
        part.unlink()
    assert invoke(lake.path, "info").exit_code == 2
    assert invoke(lake.path, "check", "--repair").exit_code == 0
    assert invoke(lake.path, "info").exit_code == 0


def test_a_full_disk_is_no_damage(filled):
    [(pages,)] = filled.ledger.db.execute("PRAGMA page_count").fetchall()
    filled.ledger.db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StorageError, match=r"could not be written \(database or disk is full\)"):
        filled.ledger.set_meta("long", "x" * 1_000_000)


def test_repair_on_a_disk_that_refuses_keeps_the_ledger(filled, monkeypatch):
    def refuse(self: Ledger) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(Ledger, "verify", refuse)
    assert invoke(filled.path, "check", "--repair").exit_code == 2
    assert not list(filled.path.glob("*damaged*"))
    assert (filled.path / "ledger.sqlite").exists()


def test_views_that_cannot_be_written_leave_nothing_behind(filled, monkeypatch):
    def full(lake, temporary, manifest) -> None:
        temporary.write_bytes(b"half")
        temporary.with_name(f"{temporary.name}.wal").write_bytes(b"half")
        raise duckdb.IOException("IO Error: No space left on device")

    monkeypatch.setattr(publish, "_write_views", full)
    with pytest.raises(StorageError, match="No space left"):
        publish.publish(filled.path, filled.ledger)
    assert not list(filled.path.glob("*.tmp*"))


def test_who_may_only_read_reads(filled, monkeypatch):
    filled.close()
    before = digests(filled)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    for command in (["sql", "SELECT count(*) FROM responses"], ["lake", "info"], ["lake", "check"]):
        done = CliRunner().invoke(main, [*command, "--lake", str(filled.path)])
        assert done.exit_code == 0, (command, done.output)
    assert digests(filled) == before


def test_reading_changes_no_byte_of_the_ledger_either(filled):
    filled.close()
    before = digests(filled)
    assert sql(filled, "SELECT count(*) FROM responses").exit_code == 0
    assert sql(filled, "DROP VIEW responses").exit_code == 2
    assert invoke(filled.path, "info").exit_code == 0
    assert digests(filled) == before


def test_compaction_does_not_copy_damage_under_a_new_digest(filled):
    path = segment_of(filled, "responses")
    damage(path)
    with pytest.raises(DamageError, match="bytes do not match its name"):
        compaction.compact_table(filled, TABLES["responses"])
    assert path.exists()


def test_a_folder_that_duckdb_cannot_name_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds a '\?'"):
        open_lake(tmp_path / "what?", create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_segment_that_cannot_be_read_is_damage(tmp_path):
    from warehouse.segments import describe

    with pytest.raises(DamageError, match="cannot be read"):
        describe(tmp_path / "scores-00.parquet")


@pytest.mark.parametrize(
    ("query", "format"),
    [("SELECT INTERVAL 1 DAY", "parquet"), ("SELECT 'infinity'::TIMESTAMP", "json")],
)
def test_values_without_a_form_in_the_format_are_one_sentence(filled, tmp_path, query, format):
    out = tmp_path / "out"
    done = sql(filled, query, "--format", format, "--out", str(out))
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "CAST it to VARCHAR" in done.stderr
    assert not out.exists()


def test_a_device_is_written_to_and_not_replaced(filled, tmp_path):
    (tmp_path / "null").symlink_to("/dev/null")
    assert sql(filled, "SELECT 1", "--out", str(tmp_path / "null")).exit_code == 0
    assert (tmp_path / "null").is_symlink()


def test_a_query_that_is_not_text_is_one_sentence(filled):
    command = ["sql", "--lake", str(filled.path)]
    done = CliRunner().invoke(main, command, input=b"SELECT '\xff'")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("closed", "what"), [(1, "Standard output is closed"), (0, "Give a query")]
)
def test_a_stream_that_is_closed_outright_is_one_sentence(filled, closed, what):
    query = [] if closed == 0 else ["SELECT 1"]
    command = [sys.executable, "-m", "cli", "sql", *query, "--lake", str(filled.path)]
    done = subprocess.run(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: os.close(closed)
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {what}")
    assert done.stderr.count("\n") == 1
