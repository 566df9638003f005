"""Two commands on one lake, one of which dies at the worst moment of the other."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from contextlib import closing

import pytest

from tests.samples import answer, condition, question, requests
from tests.warehouse import crash_work
from tests.warehouse.test_crash import ANSWERS
from tests.warehouse.test_run import rows_of
from warehouse import compaction, locks, recovery, segments
from warehouse import lake as lake_module
from warehouse.check import check, open_and_check, repair
from warehouse.errors import InputError, StorageError
from warehouse.info import info
from warehouse.lake import open_lake
from warehouse.ledger import Ledger


def die_before_listing(monkeypatch, work) -> None:
    """Run `work` and end it, as a kill would, between a segment's rename and its listing."""

    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "list_segment", die)
        with pytest.raises(KeyboardInterrupt):
            work()


def test_a_failed_answer_that_a_killed_run_left_unsealed_is_asked_again(lake):
    with lake.run("setup") as run:
        model_id, condition_id = condition(run)
        run.append("questions", [question(0)])
    todo = requests([question(0)], condition_id)
    killed = lake.run("generate responses")
    killed.__enter__()
    killed.record([answer(r, model_id, "failed") for r in killed.plan(todo).rows()])
    killed._lock.release()
    with lake.run("generate responses") as run:
        plan = run.plan(todo)
        assert [row["attempt"] for row in plan.rows()] == [2, 2]
        run.record([answer(r, model_id) for r in plan.rows()])
    found = rows_of(lake, "SELECT status, attempt FROM responses_history ORDER BY ALL")
    assert found == [("failed", 1), ("failed", 1), ("ok", 2), ("ok", 2)]
    assert check(lake) == []


def test_a_live_run_does_not_write_again_what_a_killed_one_had_renamed(lake, monkeypatch):
    with lake.run("setup") as run:
        model_id, condition_id = condition(run)
        run.append("questions", [question(0), question(1)])
    with lake.run("generate responses") as alive:
        mine = alive.plan(requests([question(0)], condition_id)).rows()
        killed = open_lake(lake.path).run("generate responses")
        killed.__enter__()
        others = killed.plan(requests([question(1)], condition_id)).rows()
        killed.record([answer(row, model_id) for row in others])
        die_before_listing(monkeypatch, killed.seal)
        killed._lock.release()
        alive.record([answer(row, model_id) for row in mine])
    with lake.run("next command"):
        pass
    assert check(lake) == []
    assert rows_of(lake, "SELECT count(*) FROM responses_history") == [(4,)]


def test_a_live_run_does_not_compact_what_a_killed_compaction_had_merged(lake, monkeypatch):
    crash_work.fill(str(lake.path))
    with lake.run("alive") as alive:
        model_id, condition_id = condition(alive)
        todo = alive.plan(requests([question(99)], condition_id)).rows()
        die_before_listing(monkeypatch, lambda: compact_without_a_run(lake.path))
        alive.record([answer(row, model_id) for row in todo])
        alive.seal()
        compact_without_a_run(lake.path)
    with lake.run("next command"):
        pass
    assert [p for p in check(lake) if p.kind != "dangling reference"] == []
    assert rows_of(lake, "SELECT count(*) FROM responses_history") == [(122,)]


def compact_without_a_run(path) -> None:
    """Compact as a run does at its end, when recovery is long past."""
    other = open_lake(path)
    with other.publish_lock.held(print):
        compaction.compact_all(other)


def test_segments_are_adopted_in_any_order(lake):
    crash_work.fill(str(lake.path))
    wanted = rows_of(lake, ANSWERS)
    crash_work.compact(str(lake.path))
    lake.ledger.db.execute("DELETE FROM segments WHERE table_name IN ('questions', 'responses')")
    with lake.run("next command"):
        pass
    assert check(lake) == []
    assert rows_of(lake, ANSWERS) == wanted


def test_a_run_keeps_its_lock_when_another_recovers_as_it_starts(lake, monkeypatch):
    other = open_lake(lake.path)
    real = locks.fcntl.flock
    met = []

    def slow(fd, how):
        if not met and os.readlink(f"/proc/self/fd/{fd}").endswith(f"{run.run_id}.lock"):
            met.append(fd)
            with monkeypatch.context() as patch:
                patch.setattr(locks.fcntl, "flock", real)
                if other.publish_lock.try_acquire():
                    recovery.recover(other)
                    other.publish_lock.release()
        real(fd, how)

    run = lake.run("generate responses")
    with monkeypatch.context() as patch:
        patch.setattr(locks.fcntl, "flock", slow)
        run.__enter__()
    assert met
    assert locks.is_held(lake.run_lock(run.run_id))
    run.__exit__(None, None, None)


def test_a_second_lost_ledger_is_rebuilt_from_what_was_published_last(lake):
    crash_work.fill(str(lake.path))
    lake.ledger.set_meta("generation", "1000")
    for name in ("one", "two"):
        with open_lake(lake.path).run("setup") as run:
            condition(run, name)
        wanted = rows_of(open_lake(lake.path), "SELECT name FROM models ORDER BY 1")
        for part in lake.path.glob("ledger.sqlite*"):
            part.unlink()
        repair(lake.path)
        assert rows_of(open_lake(lake.path), "SELECT name FROM models ORDER BY 1") == wanted


def test_a_check_beside_a_writer_sees_no_damage(lake, monkeypatch):
    crash_work.fill(str(lake.path))
    writer = open_lake(lake.path)
    real = segments.files

    def amid_a_write(path):
        if not writer.publish_lock.try_acquire():
            return real(path)
        segment = segments.write(path, "scores", [])
        found = real(path)
        writer.ledger.list_segment(segment)
        writer.publish_lock.release()
        return found

    monkeypatch.setattr(segments, "files", amid_a_write)
    assert check(lake) == []


def _open(path) -> None:
    open_lake(path, create=True).close()


def test_many_processes_may_create_one_lake_at_once(tmp_path):
    ctx = multiprocessing.get_context("fork")
    for i in range(5):
        workers = [ctx.Process(target=_open, args=(tmp_path / str(i),)) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0] * 6


def test_a_ledger_shrinks_when_its_rows_are_sealed(lake):
    with lake.run("setup") as run:
        model_id, condition_id = condition(run)
        run.append("questions", [question(i) for i in range(500)])
        todo = run.plan(requests([question(i) for i in range(500)], condition_id)).rows()
        run.record([{**answer(r, model_id), "text": "x" * 3000} for r in todo])
    with closing(sqlite3.connect(lake.path / "ledger.sqlite")) as db:
        [(free,)] = db.execute("PRAGMA freelist_count").fetchall()
    assert free < 50


def test_a_creation_that_was_killed_is_no_lake_and_is_begun_again(tmp_path, monkeypatch):
    path = tmp_path / "lake"

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lake_module, "replace_ledger", die)
        with pytest.raises(KeyboardInterrupt):
            open_lake(path, create=True)
    with pytest.raises(InputError, match="There is no lake"):
        open_lake(path)
    with open_lake(path, create=True).run("next command"):
        pass
    assert not list(path.glob("*.tmp*"))
    assert open_and_check(path) == []


def test_the_log_of_a_deleted_ledger_is_not_played_into_the_new_one(lake):
    crash_work.fill(str(lake.path))
    wanted = rows_of(lake, ANSWERS)
    reader = sqlite3.connect(lake.path / "ledger.sqlite")
    reader.execute("SELECT count(*) FROM meta").fetchall()
    log = (lake.path / "ledger.sqlite-wal").read_bytes()
    assert log
    reader.close()
    lake.close()
    for part in lake.path.glob("ledger.sqlite*"):
        part.unlink()
    (lake.path / "ledger.sqlite-wal").write_bytes(log)
    repair(lake.path)
    assert open_and_check(lake.path) == []
    assert rows_of(open_lake(lake.path), ANSWERS) == wanted


def test_info_tells_a_dead_run_from_a_live_one(lake):
    dead = lake.run("ingest starter")
    dead.__enter__()
    dead._lock.release()
    found = info(lake)["unfinished"]
    assert found["running"] == []
    assert len(found["ended early"]) == 1
    with lake.run("generate responses"):
        assert info(lake)["unfinished"]["running"] == ["generate responses"]


def test_a_lake_moved_to_a_network_file_system_is_refused(lake, monkeypatch):
    monkeypatch.setattr(locks, "_file_system", lambda path: "nfs4")
    with pytest.raises(StorageError, match="network file system"):
        open_lake(lake.path)


def test_what_a_damaged_compaction_had_replaced_comes_back(lake):
    crash_work.fill(str(lake.path))
    wanted = rows_of(lake, ANSWERS)
    crash_work.compact(str(lake.path))
    [merged] = [s for s in lake.ledger.segments() if s.table == "responses"]
    path = segments.path_of(lake.path, merged.name)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    repair(lake.path)
    assert open_and_check(lake.path) == []
    assert rows_of(open_lake(lake.path), ANSWERS) == wanted


def test_collected_files_are_in_no_view(lake, monkeypatch):
    crash_work.fill(str(lake.path))
    with lake.publish_lock.held(print):
        compaction.compact_all(lake)  # and killed before it could publish
    monkeypatch.setattr(recovery, "GRACE_SECONDS", 0.0)
    with lake.run("next command"):
        listed = rows_of(lake, "SELECT count(*) FROM responses")
    assert listed == [(120,)]


def test_a_damaged_small_table_is_published_again(lake):
    crash_work.fill(str(lake.path))
    [path] = (lake.path / "segments" / "models").glob("*.parquet")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1])
    repair(lake.path)
    assert rows_of(open_lake(lake.path), "SELECT name FROM models") == [("sample-model",)]


def test_two_versions_in_one_batch_do_not_alternate(lake):
    both = [question(0), {**question(0), "licence": "MIT"}]
    with lake.run("ingest") as run:
        assert run.append("questions", both) == 1
        assert run.append("questions", both) == 0
