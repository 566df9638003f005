from __future__ import annotations

import json
import os

import pytest
from click.testing import CliRunner

from cli import main
from tests.warehouse import crash_work
from tests.warehouse.test_crash import ANSWERS
from tests.warehouse.test_run import rows_of
from warehouse.check import check
from warehouse.lake import open_lake


@pytest.fixture
def filled(lake):
    crash_work.fill(str(lake.path))
    return lake


def invoke(lake_path, *arguments: str):
    return CliRunner().invoke(main, ["lake", *arguments, "--lake", str(lake_path)])


def segment_of(lake, table: str):
    return sorted((lake.path / "segments" / table).glob("*.parquet"))[0]


def damage(path) -> None:
    os.chmod(path, 0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def test_a_whole_lake_is_clean(filled):
    done = invoke(filled.path, "check")
    assert (done.exit_code, done.stdout.strip()) == (0, "clean")


def test_one_flipped_bit_is_named_and_repair_keeps_all_other_rows(filled):
    path = segment_of(filled, "responses")
    damage(path)
    done = invoke(filled.path, "check")
    assert done.exit_code == 2
    assert path.name in done.stdout
    repaired = invoke(filled.path, "check", "--repair", "--json")
    assert (filled.path / "quarantine" / path.name).exists()
    assert "quarantine" in repaired.stderr
    assert repaired.exit_code == 0
    left = rows_of(open_lake(filled.path), "SELECT count(*) FROM responses")[0][0]
    assert 0 < left < 120


@pytest.mark.parametrize("where", ["footer", "pages", "gone"])
def test_every_command_on_a_damaged_lake_is_one_sentence(filled, where):
    path = segment_of(filled, "responses")
    if where == "gone":
        path.unlink()
    else:
        os.chmod(path, 0o644)
        data = bytearray(path.read_bytes())
        place = slice(-200, None) if where == "footer" else slice(4, 400)
        data[place] = bytes(len(data[place]))
        path.write_bytes(data)
    read_all = "SELECT sum(length(CAST(r AS VARCHAR))) FROM responses r"
    for command in (["sql", read_all], ["lake", "compact"], ["lake", "check"]):
        done = CliRunner().invoke(main, [*command, "--lake", str(filled.path)])
        assert done.exit_code == 2, (command, done.output)
        assert done.stderr.count("\n") == 1, done.stderr
    invoke(filled.path, "check", "--repair")
    assert invoke(filled.path, "check").exit_code == 0
    assert CliRunner().invoke(main, ["sql", read_all, "--lake", str(filled.path)]).exit_code == 0


def test_a_missing_segment_is_named(filled):
    path = segment_of(filled, "questions")
    path.unlink()
    done = invoke(filled.path, "check", "--json")
    assert done.exit_code == 2
    kinds = {p["problem"] for p in json.loads(done.stdout)["problems"]}
    assert "missing file" in kinds


def test_a_lost_ledger_is_rebuilt_with_every_sealed_row(filled):
    crash_work.compact(str(filled.path))
    tables = ("questions", "responses", "models", "conditions")
    wanted = {t: rows_of(filled, f"SELECT * FROM {t} ORDER BY ALL") for t in tables}
    filled.close()
    for part in filled.path.glob("ledger.sqlite*"):
        part.unlink()
    refused = invoke(filled.path, "info")
    assert refused.exit_code == 2
    assert "lake check --repair" in refused.stderr
    assert invoke(filled.path, "check", "--repair").exit_code == 0
    found = {t: rows_of(open_lake(filled.path), f"SELECT * FROM {t} ORDER BY ALL") for t in tables}
    assert found == wanted


def test_a_ledger_of_garbage_is_kept_aside_and_rebuilt(filled):
    wanted = rows_of(filled, ANSWERS)
    filled.close()
    for part in filled.path.glob("ledger.sqlite-*"):
        part.unlink()
    (filled.path / "ledger.sqlite").write_bytes(b"garbage" * 1000)
    assert invoke(filled.path, "info").exit_code == 2
    assert invoke(filled.path, "check", "--repair").exit_code == 0
    assert list(filled.path.glob("ledger.sqlite.damaged-*"))
    assert rows_of(open_lake(filled.path), ANSWERS) == wanted


def test_a_key_that_is_not_its_hash_is_found(lake):
    from tests.samples import question

    with lake.run("ingest") as run:
        run.append("questions", [{**question(0), "question_id": "q1_forged"}])
    assert [(p.kind, p.where) for p in check(lake)] == [("wrong key", "q1_forged")]


def test_another_schema_version_is_one_sentence(filled):
    filled.ledger.set_meta("schema_version", "99")
    filled.close()
    done = invoke(filled.path, "info")
    assert done.exit_code == 2
    assert "schema version 99" in done.stderr
    assert done.stderr.count("\n") == 1


def test_repair_of_a_folder_that_is_no_lake_changes_nothing(tmp_path):
    done = invoke(tmp_path, "check", "--repair")
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_info_counts_rows_models_and_unfinished_work(filled):
    found = json.loads(invoke(filled.path, "info", "--json").stdout)
    rows = {t["table"]: t["rows"] for t in found["tables"]}
    assert (rows["questions"], rows["responses"]) == (60, 120)
    assert [m["responses"] for m in found["models"]] == [120]


def test_compact_leaves_one_file_a_table_and_the_same_rows(filled):
    wanted = rows_of(filled, ANSWERS)
    done = invoke(filled.path, "compact", "--json")
    after = {row["table"]: row["files after"] for row in json.loads(done.stdout)}
    assert after["responses"] == 1
    assert rows_of(filled, ANSWERS) == wanted


def test_a_network_file_system_is_refused(tmp_path, monkeypatch):
    from warehouse import locks
    from warehouse.errors import StorageError

    monkeypatch.setattr(locks, "_file_system", lambda path: "nfs4")
    with pytest.raises(StorageError, match="network file system \\(nfs4\\)"):
        open_lake(tmp_path / "lake", create=True)
    assert not (tmp_path / "lake").exists()
