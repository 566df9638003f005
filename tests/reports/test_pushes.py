"""What the page says and draws of steering, and that a sweep is counted but never listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.build import build_report, write_report
from reports.pushes import Push
from reports.study import Series
from tests.reports import example, inside
from tests.reports.conftest import DIGEST
from tests.reports.reading import words
from tests.reports.test_probes import FIVE, figure, section
from warehouse.lake import Lake


def steered(tables: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the rows of steering, to be changed in place."""
    return [row for row in tables["results"] if row["analysis"] == "steer"]


def built(tables: dict[str, list[dict[str, Any]]]) -> str:
    return build_report(example.connect(tables), DIGEST, "demo")


@pytest.mark.parametrize(
    ("slope", "trend", "outside", "verdict"),
    [(2.0, 0.0099, 0.0099, "controls"), (2.0, 0.0099, 0.05, "within"), (2.0, 0.01, 0.01, "moves"),
     (-2.0, 1.0, 0.01, "other way"), (2.0, 0.3, 0.3, "inert"), (2.0, None, None, "untested")],
)  # fmt: skip
def test_only_a_trend_outside_the_band_controls_the_answer(
    slope: float, trend: float | None, outside: float | None, verdict: str
) -> None:
    push = Push(Series("m", "", ""), {})
    push.slope = {"estimate": slope, "p_value": trend}
    push.outside = {"estimate": 3.0, "p_value": outside}
    assert push.verdict == verdict


def test_what_controls_and_what_is_only_decodable_is_said_with_its_tests(
    pages: dict[str, str],
) -> None:
    text = words(section(pages["inside"], "steering"))
    assert "1 controls the answer and 1 is not distinguishable from random pushes" in text
    assert (
        "causal (situational awareness, after layer 2, letter reading) controls the answer: "
        "+2.00 [+1.90, +2.10] nats a standard deviation (trend p .0099, distance p .0099, "
        "against 300 random directions in 3 families)."
    ) in text
    assert "inert (situational awareness, after layer 2, letter reading) is decodable there" in text
    assert "but is not distinguishable from random pushes of the same length: +0.10" in text
    assert "The p values are not adjusted over the 2 directions tested." in text


def test_decodable_is_said_only_where_a_probe_reads_the_label() -> None:
    tables = inside.tables()
    for row in tables["results"]:
        if row["analysis"] == "probe":
            row["p_adjusted"] = 0.4
    assert "decodable" not in words(section(built(tables), "steering"))


def test_curves_go_through_the_model_left_alone_and_bands_are_those_of_the_families(
    pages: dict[str, str],
) -> None:
    drawn = figure(pages["inside"], "steering-1")
    assert len(drawn) == 2
    data = drawn[0]["datasets"]
    [curve] = data["curves"]
    assert curve["x"] == [-4, -2, 0, 2, 4]
    assert curve["v"] == [-8, -4, 0, 4, 8]
    assert curve["l"] == [-8.4, -4.4, None, 3.6, 7.6]
    for band, width in zip(data["bands"], inside.FAMILIES.values(), strict=True):
        assert band["h"] == pytest.approx([abs(x) * width for x in curve["x"]])
    assert {name["text"] for name in data["names"]} == {
        "no change", "isotropic", "as states vary", "shuffled labels",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("direction", "said"),
    [("probe:known_knowns:right@resid_post.2", "probe"), ("truth", "truth"), (None, "d1_0123456")],
)
def test_a_fitted_direction_goes_by_its_kind_since_the_rest_stands_beside(
    direction: str | None, said: str
) -> None:
    about = {
        "direction": direction, "direction_id": "d1_0123456789", "kind": "probe",
        "concept": "known_knowns", "label": "right", "site": "resid_post", "layer": 2,
    }  # fmt: skip
    assert Push(Series("m", "", ""), about).name == said


def test_costs_stand_at_every_dose(pages: dict[str, str]) -> None:
    part = section(pages["inside"], "steering")
    table = part.split("<caption>What it costs at each dose")[1].split("</table>")[0]
    lines = [words(line) for line in table.split("<tr>")[2:]]
    assert len(lines) == 2 * len(inside.DOSES)
    assert lines[0].startswith("causal situational awareness after layer 2 -4")
    assert lines[0].endswith("0.16 82% -0.04")


def test_a_factor_does_not_start_at_zero_and_few_controls_give_no_verdict() -> None:
    tables = inside.tables()
    for row in steered(tables):
        row["detail"] = json.dumps(json.loads(row["detail"]) | {"edit": "scale", "families": {}})
        row["p_value"] = None
    page = built(tables)
    assert figure(page, "steering-1")[0]["datasets"]["curves"][0]["x"] == list(inside.DOSES)
    assert "are not tested, for lack of doses or of random directions." in words(page)


@pytest.mark.parametrize("dose", [None, 4.0])
def test_an_edit_of_no_dose_or_one_is_told_without_a_test(dose: float | None) -> None:
    tables = inside.tables()
    kept = [row for row in steered(tables) if row.get("dose") == 4.0]
    tables["results"] = [row for row in tables["results"] if row["analysis"] != "steer"]
    tables["results"] += [row | {"dose": dose} for row in kept]
    part = section(built(tables), "steering")
    assert "causal (situational awareness, after layer 2, letter reading) is not tested" in words(
        part
    )
    assert ("Shift of the answer by dose" in part) is (dose is not None)
    assert "+8.00 [+7.60, +8.40]" in words(part)
    assert 'download="steering-1.csv"' in part


def test_more_directions_than_panels_are_drawn_by_their_evidence() -> None:
    tables = inside.tables()
    names = ("last", *(f"d{i}" for i in range(12)))
    tables["results"] = [row for row in tables["results"] if row["analysis"] != "steer"]
    tables["results"] += inside.steering(FIVE[0], names)
    page = built(tables)
    assert len(figure(page, "steering-1")) == 9
    text = words(section(page, "steering"))
    assert "Drawn are 9 of 13 directions, the surest first." in text
    assert "Of 13 directions steered along, 1 controls the answer and 12 are not" in text


def test_a_sweep_is_counted_and_never_listed(lake: Lake, tmp_path: Path) -> None:
    tables = example.tables(concepts=FIVE[:1])
    tables["results"] += inside.steering(FIVE[0])
    many, plain = range(400), tables["conditions"][0]
    tables["conditions"] += [
        plain | {"condition_id": f"steered_{i}", "intervention_id": f"push_{i}"} for i in many
    ]
    interventions = [
        {"intervention_id": f"push_{i}", "edit": 0, "site": "resid_post", "layer": 2,
         "positions": "last", "kind": "add", "strength": 1.0, "dose": 4.0,
         "direction_id": f"random_{i}" if i else "d1_0"}
        for i in many
    ]  # fmt: skip
    tables["directions"] = inside.directions(1) + [
        {"direction_id": f"random_{i}", "kind": "random", "model_id": "m1_0", "site": "resid_post",
         "layer": 2, "params": json.dumps({"like": "d1_0"}), "vector": [0.0, 1.0]}
        for i in many[1:]
    ]  # fmt: skip
    answer = next(row for row in tables["responses"] if row["reading"] == "letter")
    tables["responses"] += [
        answer | {"request_key": f"s{i}", "condition_id": f"steered_{i}", "kl": 0.1} for i in many
    ]
    with lake.run("example", study="demo") as run:
        for name in ("questions", "responses", "scores", "results", "directions"):
            run.append(name, tables[name])
        for name, rows in (("models", tables["models"]), ("conditions", tables["conditions"]),
                           ("interventions", interventions)):  # fmt: skip
            run.upsert(name, rows)
    page = write_report(lake, "demo", tmp_path).read_text("utf-8")
    text = words(page)
    assert "24 answers · 400 steered answers" in text
    assert "400 steered conditions" in text
    assert "1 direction and 399 random ones" in text
    assert "steered_" not in page.replace("steered_shifts", "")
    assert "push_" not in page
    assert "random_3" not in page
