from __future__ import annotations

import duckdb
import pytest

from warehouse import views
from warehouse.docs import schema_rows
from warehouse.errors import InputError
from warehouse.schema import TABLES, arrow_schema, table

# The names that people's SQL relies on; a line may gain columns but never lose one.
CONTRACT = {
    "questions": "question_id dataset concept split group_id answer source_file",
    "models": "model_id engine base adapter",
    "conditions": "condition_id model_id persona system_prompt intervention_id sampling",
    "responses": "request_key question_id condition_id model_id variant sample_index status text"
    " cost_usd",
    "activations": "question_id variant condition_id model_id site layer head position dim vector",
    "directions": "direction_id kind model_id site layer head concept",
    "scores": "request_key scorer value label valid",
    "results": "analysis study model_id other_model_id concept metric estimate ci_low ci_high n"
    " n_clusters n_missing p_value p_adjusted family method params",
    "audits": "dataset audit severity count example",
    "runs": "run_id command status started_at ended_at",
}


@pytest.mark.parametrize("name", CONTRACT)
def test_contract_columns_exist_and_are_marked(name):
    marked = {c.name for c in TABLES[name].columns if c.contract}
    assert set(CONTRACT[name].split()) <= marked


def test_keys_and_versions_are_declared_columns():
    for each in TABLES.values():
        assert {*each.key, *each.version, *each.replace_by} <= set(each.names)


def test_arrow_types_are_the_declared_duckdb_types():
    with duckdb.connect() as con:
        for each in TABLES.values():
            empty = arrow_schema(each.name).empty_table()
            con.register("empty", empty)
            found = [r[1] for r in con.execute("DESCRIBE SELECT * FROM empty").fetchall()]
            assert found == [c.type for c in each.columns], each.name


def test_every_view_can_be_created_over_an_empty_lake():
    with duckdb.connect() as con:
        views.create(con, {})
        for each in TABLES.values():
            assert con.execute(f"SELECT count(*) FROM {each.name}").fetchall() == [(0,)]


def test_schema_rows_cover_every_column():
    assert len(schema_rows()) == sum(len(t.columns) for t in TABLES.values())


def test_unknown_table_gets_the_nearest_name():
    with pytest.raises(InputError, match="Did you mean 'responses'"):
        table("response")
