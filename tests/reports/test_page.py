"""The page is one safe, small, deterministic file whose numbers are the rows'."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from reports.build import LARGEST, build_report
from reports.words import percent
from tests.reports import example
from tests.reports.conftest import DIGEST, KINDS
from tests.reports.reading import elements, folds, scripts, specs, words


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_fetched_and_no_handler_is_inline(pages: dict[str, str], kind: str) -> None:
    for tag, attributes in elements(pages[kind]):
        assert tag not in {"link", "iframe", "object", "embed", "base", "form", "img"}
        assert not [name for name in attributes if name.startswith("on")]
        assert "src" not in attributes
        href = attributes.get("href") or "#"
        assert href.startswith(("#", "data:text/csv;"))


@pytest.mark.parametrize("kind", KINDS)
def test_policy_allows_exactly_the_two_scripts(pages: dict[str, str], kind: str) -> None:
    found = scripts(pages[kind])
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in found]
    [policy] = [
        attributes["content"] or ""
        for tag, attributes in elements(pages[kind])
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    allowed = policy.split("script-src ")[1].split(";")[0].split()
    assert len(found) == 2
    assert allowed == [f"'sha256-{digest}'" for digest in digests]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("kind", ["one", "inside"])
def test_same_rows_give_the_same_bytes(pages: dict[str, str], kind: str) -> None:
    rows = KINDS[kind]()
    rows["results"] = rows["results"][::-1]
    assert build_report(example.connect(rows), DIGEST, "demo") == pages[kind]


def test_date_is_that_of_the_rows(pages: dict[str, str]) -> None:
    assert '<time datetime="2026-11-20">' in pages["one"]


@pytest.mark.parametrize("models", [1, 10])
def test_page_stays_within_two_megabytes(models: int) -> None:
    names = tuple(f"a-model-with-a-rather-long-name-{i}" for i in range(models))
    page = build_report(example.connect(example.tables(names)), DIGEST, "demo")
    assert len(page.encode()) <= LARGEST


@pytest.mark.parametrize("kind", KINDS)
def test_csv_is_what_the_shown_query_gives(kind: str, pages: dict[str, str]) -> None:
    con = example.connect(KINDS[kind]())
    found = folds(pages[kind])
    assert len(found) >= 9
    for name, [header, *lines], sql in found:
        cursor = con.execute(sql)
        assert [column[0] for column in cursor.description] == header, name
        expected = [[_text(v) for v in row] for row in cursor.fetchall()]
        # Sections on concepts leave estimates over all concepts to the table beside the figure.
        place = header.index("concept") if "concept" in header else None
        assert lines == [row for row in expected if place is None or row[place] != ""], name


def _text(value: object) -> str:
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else str(value)


def test_charts_hold_the_numbers_of_the_rows(pages: dict[str, str]) -> None:
    con = example.connect(example.tables())
    rows = con.execute(
        "SELECT concept, estimate, ci_low, ci_high FROM results"
        " WHERE metric = 'accuracy' AND reading = 'letter'"
    ).fetchall()
    first = specs(pages["one"])[0]["datasets"]["rows"]
    drawn = {row["label"]: (row["value"], row["low"], row["high"]) for row in first}
    assert len(drawn) == len(rows) == 10
    for concept, *numbers in rows:
        assert drawn[concept.replace("_", " ")] == pytest.approx(numbers, abs=1e-6)


def test_rows_are_sorted_by_value(pages: dict[str, str]) -> None:
    for spec in specs(pages["one"])[:1]:
        values = [row["value"] for row in spec["datasets"]["rows"]]
        assert values == sorted(values, reverse=True)


def test_data_reach_charts_only_as_values(pages: dict[str, str]) -> None:
    for spec in specs(pages["hostile"]):
        rest = json.dumps({key: value for key, value in spec.items() if key != "datasets"})
        assert "constructor" not in rest
        assert "script" not in rest
        assert "usermeta" not in rest
        assert '"href"' not in rest
        assert '"url"' not in rest


@pytest.mark.parametrize("kind", KINDS)
def test_every_chart_has_words_and_a_table_without_scripts(
    pages: dict[str, str], kind: str
) -> None:
    charts = [a for tag, a in elements(pages[kind]) if a.get("role") == "img"]
    assert len(charts) == len(specs(pages[kind])) > 8
    assert all(len(chart["aria-label"]) > 40 for chart in charts)
    assert pages[kind].count("<noscript>") == len(charts)


def test_the_words_of_a_chart_are_its_numbers(pages: dict[str, str]) -> None:
    charts = [a for tag, a in elements(pages["one"]) if a.get("role") == "img"]
    rows = specs(pages["one"])[0]["datasets"]["rows"]
    for row in rows:
        assert f"{row['label']}: {row['text']}" in charts[0]["aria-label"]


def test_answer_names_what_is_known_and_what_may_not_be(pages: dict[str, str]) -> None:
    text = words(pages["one"])
    con = example.connect(example.tables())
    [best] = con.execute(
        "SELECT max(estimate) FROM results WHERE metric = 'accuracy' AND reading = 'letter'"
    ).fetchone()
    assert "tiny/base is above chance in 5 of 10 concepts (letter reading)" in text
    assert f"to {percent(best)} [" in text
    assert "No evidence that it knows" in text
    assert "): not told apart from chance (50%), adjusted p .400 or more." in text


def test_one_model_has_nothing_to_be_compared_with(pages: dict[str, str]) -> None:
    text = words(pages["one"])
    assert "Only one model answered" in text
    assert "mirrorlake generate responses --questions starter --model hf:PATH-OR-ID" in text


def test_comparisons_show_what_they_could_have_detected(pages: dict[str, str]) -> None:
    text = words(pages["three"])
    assert "detectable (points)" in text
    assert "Of 30 paired comparisons between models or conditions" in text


def test_headings_form_an_outline(pages: dict[str, str]) -> None:
    levels = [int(tag[1]) for tag, _ in elements(pages["three"]) if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert levels.count(2) == 11


def test_every_symbol_of_a_chart_stands_in_its_key_and_every_row_has_its_numbers(
    pages: dict[str, str],
) -> None:
    figure = pages["one"].split('<figure id="baselines-1">')[1].split("</figure>")[0]
    keys = [a["d"] for tag, a in elements(figure) if tag == "path"]
    assert len(set(keys)) == len(keys) == 4
    [spec] = specs(figure)
    [margin] = [layer for layer in spec["layer"] if layer.get("name") == "margin"]
    assert margin["encoding"]["text"]["field"] == "text"
    assert all(row["text"] for row in spec["datasets"]["rows"])
