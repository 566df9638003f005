from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import tables
from ingest.columns import parse_mapping, rename
from ingest.questions import Source, question_rows
from ingest.tables import read_table, records
from warehouse.errors import InputError

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
names = st.sampled_from(["question", "choices", "answer", "concept", "choice_a", "choice_b", "x"])
objects = st.dictionaries(names, anything, max_size=5)


def load(path):
    """Read a file as `ingest questions` does: rows or InputError, never anything else."""
    frame, digest = read_table(path)
    return question_rows(frame, Source("set", path.name, digest))


def rows_or_sentence(path):
    try:
        rows = load(path)
    except InputError as error:
        assert "\n" not in str(error)
        return
    for row in rows:
        row["metadata"] is None or json.loads(row["metadata"])
        assert row["question_id"].startswith("q1_")


relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@relaxed
@given(data=st.binary(max_size=200), suffix=st.sampled_from(tables.SUFFIXES))
def test_random_bytes_give_rows_or_one_sentence(tmp_path, data, suffix):
    path = tmp_path / f"mine{suffix}"
    path.write_bytes(data)
    rows_or_sentence(path)


@relaxed
@given(rows=st.lists(objects, max_size=4), as_array=st.booleans())
def test_random_objects_give_rows_or_one_sentence(tmp_path, rows, as_array):
    path = tmp_path / "mine.json"
    lines = "\n".join(json.dumps(row) for row in rows)
    path.write_text(json.dumps(rows) if as_array else lines)
    rows_or_sentence(path)


@relaxed
@given(
    cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=12),
    header=st.lists(names, min_size=1, max_size=4),
)
def test_random_csv_gives_rows_or_one_sentence(tmp_path, cells, header):
    path = tmp_path / "mine.csv"
    width = len(header)
    lines = [cells[i : i + width] for i in range(0, len(cells), width)]
    path.write_text("\n".join(",".join(line) for line in [header, *lines]), encoding="utf-8")
    rows_or_sentence(path)


@relaxed
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "question": st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
                "id": st.integers(-(2**40), 2**40),
            }
        ).filter(lambda row: row["question"].strip()),
        min_size=1,
        max_size=5,
    ),
    kind=st.sampled_from(["jsonl", "json", "csv", "parquet"]),
)
def test_every_format_holds_the_same_rows(tmp_path, rows, kind):
    path = tmp_path / f"mine.{kind}"
    frame = pl.DataFrame(rows)
    match kind:
        case "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case "json":
            path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        case "csv":
            frame.write_csv(path)
        case "parquet":
            frame.write_parquet(path)
    read = load(path)
    stems = [json.loads(row["messages"])[0]["content"] for row in read]
    assert stems == [row["question"] for row in rows]
    assert [int(json.loads(row["metadata"])["id"]) for row in read] == [r["id"] for r in rows]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.txt", b"question\nQ?\n", "is not one of .jsonl"),
        ("a.jsonl", b"", "is empty"),
        ("a.jsonl", b" \n\n", "is empty"),
        ("a.jsonl", b'{"question": "Q?"}\n{"question": \n', "a.jsonl, line 2: not JSON"),
        ("a.jsonl", b'{"question": "Q?"}\n3\n', "line 2: a JSON object is needed, not int"),
        ("a.jsonl", b'{"question": "\xff"}\n', "line 1: not UTF-8"),
        ("a.jsonl", b'{"question": "a"}\n{"question": "\0"}\n', "line 2: holds a NUL"),
        ("a.jsonl", b'{"question": "\\u0000"}\n', "row 1: column 'question' holds a NUL"),
        ("a.jsonl", b'{"question": "\\ud800"}\n', "row 1: column 'question' holds a NUL or half"),
        ("a.json", b'[{"question": "Q?"}', "not a JSON array"),
        ("a.json", b"[1]", "row 1: a JSON object is needed"),
        ("a.json", b"[]", "has no rows"),
        ("a.csv", b"question\n", "has no rows"),
        ("a.csv", b"question,question\na,b\n", "two columns are named 'question'"),
        ("a.csv", b'question\n"never closed\n', "cannot be read"),
        ("a.csv", b"question\na,b,c\n", "row 1: 3 fields, where the header names 1"),
        ("a.csv", "question\né\n".encode("latin-1"), "not UTF-8"),
        ("a.csv", "question\né\n".encode("utf-16"), "not UTF-8"),
        ("a.parquet", b"question\nQ?\n", "is not Parquet"),
        ("a.csv", b"PAR1 not a table", "is Parquet"),
        ("a.parquet", b"PAR1 cut", "Parquet that cannot be read"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, name, data, sentence):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=sentence):
        load(path)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_table(tmp_path / "absent.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        read_table(tmp_path / "folder.csv")


def test_a_huge_field_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "LONGEST_FIELD", 100)
    path = tmp_path / "a.csv"
    path.write_text(f"question\nshort\n{'x' * 101}\n")
    with pytest.raises(InputError, match="row 2: column 'question' is longer than 100 bytes"):
        read_table(path)


def test_separators_inside_strings_do_not_end_a_line():
    line = json.dumps({"question": "one\u2028two\x85three"}, ensure_ascii=False)
    assert len(records(f"{line}\n\n{line}".encode(), "a.jsonl")) == 2


def test_a_byte_order_mark_is_dropped(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"question": "Q?"}\n')
    assert read_table(path)[0].to_dicts() == [{"question": "Q?"}]


def test_mapping_names_the_nearest_column():
    frame = pl.DataFrame({"prompt": ["a"], "gold": ["b"]})
    named = rename(frame, parse_mapping(["prompt=question"]), ["question"], "a.csv")
    assert named.columns == ["question", "gold"]
    with pytest.raises(InputError, match=r"no column 'promt' to map\. Did you mean 'prompt'"):
        rename(frame, {"promt": "question"}, ["question"], "a.csv")
    with pytest.raises(InputError, match=r"no column 'qestion' to map to\. Did you mean"):
        rename(frame, {"prompt": "qestion"}, ["question"], "a.csv")
    with pytest.raises(InputError, match="two columns 'gold'"):
        rename(frame, {"prompt": "gold"}, ["gold"], "a.csv")


@pytest.mark.parametrize("pair", ["question", "=question", "prompt=", ""])
def test_a_mapping_needs_both_names(pair):
    with pytest.raises(InputError, match="is not THEIRS=OURS"):
        parse_mapping([pair])


@pytest.mark.parametrize(
    "row",
    [
        '{"question": "Q", "choices": ["a\\u0000", "b"]}',
        '{"question": "Q", "choices": ["a\\ud800", "b"]}',
        '{"messages": [{"role": "user", "content": "a\\u0000"}]}',
        '{"messages": [{"role": "user", "content": "a\\ud800"}]}',
        '{"question": "Q", "more": {"deep": {"er": ["\\udfff"]}}}',
        '{"question": "Q", "mixed": [1, "\\ud800", {}]}',
        '{"question": "Q", "a\\u0000b": "x"}',
    ],
)
def test_a_nul_or_half_a_surrogate_is_refused_however_deep(tmp_path, row):
    path = tmp_path / "a.jsonl"
    path.write_text(row)
    with pytest.raises(InputError, match=r"^a\.jsonl.*(NUL|surrogate)"):
        read_table(path)


def test_whole_surrogate_pairs_are_text(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"question": "Q", "choices": ["\\ud83d\\ude00", "b"]}')
    assert read_table(path)[0]["choices"].to_list() == [["\U0001f600", "b"]]


def test_columns_named_like_patterns_are_columns(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({"question": "a?", "*": "1", "^q.*$": {"*": ["k"]}}))
    assert read_table(path)[0].columns == ["question", "*", "^q.*$"]
    path.write_text(json.dumps({"question": "a?", "^q.*$": {"*": ["\0"]}}))
    with pytest.raises(InputError, match="holds a NUL"):
        read_table(path)


def test_a_row_longer_than_the_header_is_named(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text('question,answer\n"Yes, or\nno?",A\nYes, or no?,B\n')
    with pytest.raises(InputError, match=r"row 2: 3 fields, where the header names 2.*quotes"):
        read_table(path)
