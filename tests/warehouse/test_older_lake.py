"""A lake written before a column was declared opens, reads, merges and is written as any other."""

from __future__ import annotations

import pytest

from tests.samples import answer, condition, question, requests
from tests.warehouse.test_run import rows_of
from warehouse import compaction, segments
from warehouse.check import check, repair
from warehouse.lake import open_lake
from warehouse.schema import arrow_schema

BOTH = "SELECT count(*), count(metadata) FROM responses"


def fill(lake, questions, **more):
    with lake.run("generate responses") as run:
        model_id, condition_id = condition(run)
        run.append("questions", questions)
        todo = run.plan(requests(questions, condition_id)).rows()
        run.record([{**answer(row, model_id), **more} for row in todo])


@pytest.fixture
def older(lake, monkeypatch):
    """A lake whose answers and models were stored without some of today's columns."""

    def without(name):
        schema = arrow_schema(name)
        return schema.remove(schema.get_field_index("metadata")) if name == "responses" else schema

    with monkeypatch.context() as patch:
        patch.setattr(segments, "arrow_schema", without)
        fill(lake, [question(i) for i in range(3)])
    lake.ledger.db.execute("ALTER TABLE models DROP COLUMN card")
    lake.close()
    return open_lake(lake.path)


def test_what_it_holds_is_read_with_nothing_in_the_new_column(older):
    assert rows_of(older, BOTH) == [(6, 0)]
    assert rows_of(older, "SELECT count(*), count(card) FROM models") == [(1, 0)]
    assert check(older) == []


def test_new_rows_stand_beside_the_old_ones_and_merge_with_them(older):
    fill(older, [question(9)], metadata="{}")
    assert rows_of(older, BOTH) == [(8, 2)]
    with older.run("lake compact"), older.publish_lock.held(print):
        assert compaction.compact_all(older)["responses"] == (2, 1)
    assert rows_of(older, BOTH) == [(8, 2)]
    assert check(older) == []


def test_its_ledger_can_be_rebuilt(older):
    path = older.path
    older.close()
    for part in path.glob("ledger.sqlite*"):
        part.unlink()
    repair(path)
    assert rows_of(open_lake(path), BOTH) == [(6, 0)]
