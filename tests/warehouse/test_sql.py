from __future__ import annotations

import csv
import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cli import main
from tests.samples import question
from tests.warehouse.test_run import answer_all


@pytest.fixture
def filled(lake):
    with lake.run("ingest") as run:
        run.append("questions", [question(i) for i in range(4)])
    answer_all(lake, [question(i) for i in range(4)])
    return lake


def digests(lake) -> dict[str, str]:
    return {
        str(p): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(lake.path.rglob("*"))
        if p.is_file() and not p.name.endswith(("-shm", "-wal"))
    }


def ask(lake, query: str, *options: str):
    return CliRunner().invoke(main, ["sql", "--lake", str(lake.path), *options, "--", query])


REFUSED = [
    "COPY (SELECT 1) TO '{segment}'",
    "COPY questions TO '{ledger}'",
    "COPY questions FROM '{segment}'",
    "WITH a AS (COPY (SELECT 1) TO '{segment}') SELECT * FROM a",
    "SELECT * FROM (WITH a AS (COPY (SELECT 1) TO '{ledger}') SELECT * FROM a)",
    "WITH a AS (INSERT INTO questions SELECT * FROM questions RETURNING 1) SELECT * FROM a",
    "WITH a AS (DELETE FROM questions RETURNING 1) SELECT * FROM a",
    "EXPORT DATABASE '{lake}'",
    "EXPLAIN ANALYZE INSERT INTO questions SELECT * FROM questions",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{segment}'",
    "EXPLAIN COPY (SELECT 1) TO '{segment}'",
    "EXPLAIN ANALYZE WITH a AS (COPY (SELECT 1) TO '{segment}') SELECT * FROM a",
    "/* c */ EXPLAIN /* c */ ANALYZE COPY (SELECT 1) TO '{segment}'",
    "ATTACH '{ledger}'",
    "ATTACH ':memory:' AS other",
    "INSTALL httpfs",
    "LOAD json",
    "PRAGMA database_list",
    "SET threads = 1",
    "RESET threads",
    "CALL pragma_version()",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW questions AS SELECT 1",
    "DROP VIEW questions",
    "INSERT INTO questions SELECT * FROM questions",
    "UPDATE questions SET answer = 'A'",
    "DELETE FROM questions",
    "USE memory",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{segment}'",
    "SELECT * FROM read_text('{ledger}')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_parquet('{segment}/../../../ledger.sqlite')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{segment}''')",
    "SELECT getenv('HOME')",
    "",
    "   -- nothing",
    "not sql at all",
]


@pytest.mark.parametrize("query", REFUSED)
def test_everything_but_one_select_is_refused_and_no_byte_changes(filled, query):
    [segment] = (filled.path / "segments" / "questions").glob("*.parquet")
    text = query.format(
        segment=segment, ledger=filled.path / "ledger.sqlite", lake=filled.path / "segments"
    )
    before = digests(filled)
    done = ask(filled, text)
    assert done.exit_code == 2, done.output
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error: ")
    assert done.stdout == ""
    assert digests(filled) == before


ALLOWED = [
    "SELECT count(*) FROM questions",
    "  -- why\nSELECT 1;",
    "WITH a AS (SELECT 1 AS x UNION ALL SELECT 2) SELECT sum(x) FROM a",
    "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t WHERE i < 5) SELECT * FROM t",
    "FROM responses LIMIT 1",
    "VALUES (1), (2)",
    "DESCRIBE questions",
    "SUMMARIZE SELECT concept FROM questions",
    "SHOW TABLES",
    "EXPLAIN SELECT * FROM questions",
    "EXPLAIN ANALYZE SELECT count(*) FROM questions",
    "SELECT 'COPY INSERT_QUERY_NODE' AS type",
    "SELECT 1 AS type, 'x_NODE' AS \"DELETE_QUERY_NODE\"",
    "PIVOT (SELECT concept, status, 1 AS n FROM responses JOIN questions USING (question_id))"
    " ON status IN ('ok') USING sum(n)",
    "SELECT q.concept, avg(r.sample_index) FROM responses r JOIN questions q USING (question_id)"
    " GROUP BY ALL ORDER BY ALL",
]


@pytest.mark.parametrize("query", ALLOWED)
def test_any_one_select_runs(filled, query):
    done = ask(filled, query)
    assert done.exit_code == 0, done.output
    assert done.stdout.strip()


@pytest.mark.parametrize("query", ["DESCRIBE", "SHOW TABLES"])
def test_a_bare_look_at_the_catalogue_shows_tables_and_views(filled, query):
    assert {"questions", "answers"} <= set(ask(filled, query).stdout.split())


def test_every_format_holds_the_same_rows(filled, tmp_path):
    query = "SELECT question_id, choices, source_row, ingested_at FROM questions ORDER BY 1"
    as_json = json.loads(ask(filled, query, "--json").stdout)
    as_ndjson = [json.loads(x) for x in ask(filled, query, "--format", "ndjson").stdout.split("\n")
                 if x]  # fmt: skip
    as_csv = list(csv.DictReader(io.StringIO(ask(filled, query, "--format", "csv").stdout)))
    out = tmp_path / "q.parquet"
    assert ask(filled, query, "--format", "parquet", "--out", str(out)).exit_code == 0
    as_parquet = pq.read_table(out).to_pylist()
    ids = [row["question_id"] for row in as_json]
    assert len(ids) == 4
    assert as_ndjson == as_json
    assert [row["question_id"] for row in as_csv] == ids
    assert [json.loads(row["choices"]) for row in as_csv] == [r["choices"] for r in as_json]
    assert [row["question_id"] for row in as_parquet] == ids


def test_json_of_numbers_that_json_does_not_have_is_null(filled):
    done = ask(filled, "SELECT 'NaN'::DOUBLE AS a, [1.5, '-inf'::DOUBLE] AS b", "--json")
    assert json.loads(done.stdout) == [{"a": None, "b": [1.5, None]}]


def test_query_from_a_file_and_from_standard_input(filled, tmp_path):
    path = tmp_path / "q.sql"
    path.write_text("SELECT 41 + 1 AS n")
    lake = ["--lake", str(filled.path), "--format", "csv"]
    assert CliRunner().invoke(main, ["sql", "-f", str(path), *lake]).stdout == "n\n42\n"
    done = CliRunner().invoke(main, ["sql", *lake], input="SELECT 7 AS n")
    assert done.stdout == "n\n7\n"


def test_results_are_never_written_into_the_lake(filled):
    target = filled.path / "segments" / "x.csv"
    done = ask(filled, "SELECT 1", "--format", "csv", "--out", str(target))
    assert done.exit_code == 2
    assert not target.exists()


def test_a_failed_query_leaves_no_file(filled, tmp_path):
    target = tmp_path / "x.csv"
    done = ask(filled, "SELECT error('no') FROM questions", "--format", "csv", "--out", str(target))
    assert done.exit_code == 2
    assert list(tmp_path.glob("*x.csv*")) == []


def test_control_characters_in_data_do_not_reach_the_terminal(filled):
    done = ask(filled, "SELECT chr(27) || '[31mred' AS c")
    assert "\x1b" not in done.stdout


def test_no_lake_is_one_sentence(tmp_path):
    done = CliRunner().invoke(main, ["sql", "SELECT 1", "--lake", str(tmp_path / "none")])
    assert done.exit_code == 2
    assert "There is no lake at" in done.stderr
    assert not (tmp_path / "none").exists()
