"""What the page says and draws of probes: nothing that the rows do not show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports.build import LARGEST, build_report, write_report
from reports.profiles import Profile, profiles, where
from reports.study import TEN_CONCEPTS, Series, Study
from tests.reports import example, inside
from tests.reports.conftest import DIGEST
from tests.reports.reading import specs, words
from warehouse.lake import Lake

Tables = dict[str, list[dict[str, Any]]]

FIVE = TEN_CONCEPTS[:5]
# Sections that tell of answers, not of states.
ANSWERED = (
    "accuracy", "wordings", "order", "abstention", "missing", "baselines", "pairs", "items",
)  # fmt: skip


def built(tables: Tables) -> str:
    return build_report(example.connect(tables), DIGEST, "demo")


def section(page: str, key: str) -> str:
    """Return a section of a page, empty where there is none."""
    start = page.find(f'<section id="{key}"')
    return "" if start < 0 else page[start : page.index("</section>", start)]


def figure(page: str, key: str) -> list[dict[str, Any]]:
    """Return the specifications of a figure, each of them whole."""
    part = page.split(f'<figure id="{key}">')[1].split("</figure>")[0]
    found = specs(part)
    return [{**found[s["like"]], **s} if "like" in s else s for s in found]


def rows(tables: Tables, metric: str, **about: Any) -> list[dict[str, Any]]:
    """Return the probes' rows of a metric, to be read or changed."""
    return [
        row
        for row in tables["results"]
        if row["analysis"] == "probe" and row["metric"] == metric
        and all(row.get(name) == value for name, value in about.items())
    ]  # fmt: skip


def test_rows_of_a_real_lake_make_all_four_sections(lake: Lake, tmp_path: Path) -> None:
    tables = inside.tables()
    with lake.run("example", study="demo") as run:
        for name in ("questions", "responses", "scores", "results", "directions"):
            run.append(name, tables[name])
        for name in ("models", "conditions"):
            run.upsert(name, tables[name])
    page = write_report(lake, "demo", tmp_path).read_text("utf-8")
    for key in ("layers", "controls", "heads", "transfer", "steering"):
        assert section(page, key), key
    order = [page.index(f'<section id="{k}"') for k in ("pairs", "layers", "steering", "audit")]
    assert order == sorted(order)


def test_a_label_is_said_to_be_read_only_where_it_beats_everything(pages: dict[str, str]) -> None:
    text = words(section(pages["inside"], "layers"))
    clear, rest = text.split("tiny/base :")[1].split("Found, but not above every baseline")
    shortcut, nothing = rest.split("Not told apart from flipped labels")
    assert "for 3 of 5 concepts" in clear
    assert all(name in clear for name in ("situational awareness", "sequential planning", "belief"))
    assert "intention (0.79 [0.74, 0.84], bag of words 0.81)" in shortcut
    assert nothing.startswith(": self reflection (AUROC 0.5")
    assert "adjusted p .400 or more" in nothing


def profile(aurocs: dict[int, float], p: dict[int, float], **fixed: float) -> Profile:
    """Return a profile with intervals of 0.05 on both sides."""
    found = Profile(Series("m", "", ""), "belief")
    for layer, value in aurocs.items():
        found.rows[layer] = {
            "layer": layer, "layers": len(aurocs), "estimate": value, "ci_low": value - 0.05,
            "p_adjusted": p[layer], "untrained": fixed.get("twin"),
        }  # fmt: skip
    found.fixed = {name: {"estimate": v} for name, v in fixed.items() if name != "twin"}
    return found


@pytest.mark.parametrize(
    ("p", "rival", "verdict", "clear"),
    [
        (0.005, {}, "clear", [1, 2]),
        (0.005, {"letter": 0.8}, "clear", [2]),
        (0.005, {"bag_of_words": 0.9}, "surface", []),
        (0.005, {"embedding": 0.9}, "surface", []),
        (0.005, {"twin": 0.9}, "surface", []),
        (0.01, {}, "null", []),
    ],
)
def test_verdict_needs_the_test_and_every_baseline(
    p: float, rival: dict[str, float], verdict: str, clear: list[int]
) -> None:
    found = profile({0: 0.55, 1: 0.8, 2: 0.9}, {0: 0.5, 1: p, 2: p}, **rival)
    assert (found.verdict, found.clear) == (verdict, clear)


def test_without_any_test_there_is_no_verdict() -> None:
    found = profile({0: 0.9}, {0: None})  # type: ignore[dict-item]
    assert found.verdict == "unknown"


@pytest.mark.parametrize(
    ("layers", "said"),
    [([0, 1, 2, 3, 4], "at every layer"), ([2, 3, 4], "from layer 2 on"), ([3], "at layer 3"),
     ([4], "at layer 4"), ([1, 2, 4], "at layers 1 to 2 and 4")],
)  # fmt: skip
def test_layers_are_said_as_ranges(layers: list[int], said: str) -> None:
    assert where(layers, range(5)) == said


def test_curves_bands_and_lines_are_those_of_the_rows(pages: dict[str, str]) -> None:
    tables = inside.tables()
    drawn = figure(pages["inside"], "layers-right-1")
    assert len(drawn) == len(FIVE)
    best = [max(rows(tables, "auroc", concept=c, reading="right", site="resid_post"),
                key=lambda r: r["estimate"])["estimate"] for c in FIVE]  # fmt: skip
    assert [max(spec["datasets"]["curves"][0]["v"]) for spec in drawn] == pytest.approx(
        sorted(best, reverse=True), rel=1e-3
    )
    belief = rows(tables, "auroc", concept="belief", reading="right", site="resid_post")
    twin = rows(tables, "auroc_random_twin", concept="belief", reading="right")
    [spec] = [s for s in drawn
              if s["datasets"]["curves"][0]["v"] == pytest.approx(
                  [r["estimate"] for r in belief], rel=1e-3)]  # fmt: skip
    curve, untrained = spec["datasets"]["curves"]
    assert curve["x"] == untrained["x"] == [0, 1, 2, 3]
    assert curve["l"] == pytest.approx([r["ci_low"] for r in belief], rel=1e-3)
    assert untrained["v"] == pytest.approx([r["estimate"] for r in twin], rel=1e-3)
    [band] = spec["datasets"]["bands"]
    details = [json.loads(r["detail"])["band"] for r in belief]
    assert band["l"] == pytest.approx([low for low, _ in details], rel=1e-3)
    assert band["h"] == pytest.approx([high for _, high in details], rel=1e-3)
    lines = {line["d"]: line["y"] for line in spec["datasets"]["lines"]}
    assert lines["solid"] == 0.5
    assert lines["long"] == inside.NULL_95
    for dash, site in (("dotted", "letter"), ("wide", "bag_of_words"), ("mixed", "resid_pre")):
        [row] = rows(tables, "auroc", concept="belief", reading="right", site=site)
        assert lines[dash] == pytest.approx(row["estimate"], rel=1e-3)
    names = {name["text"] for name in spec["datasets"]["names"]}
    assert names == {"chance", "flipped 95%", "letter", "words", "embedding", "untrained"}


def test_panels_share_their_axes(pages: dict[str, str]) -> None:
    forms = {
        json.dumps({k: v for k, v in spec.items() if k not in ("datasets", "like")})
        for spec in figure(pages["inside"], "layers-right-1")
    }
    assert len(forms) == 1


def test_models_of_different_depth_share_relative_depth() -> None:
    tables = inside.tables(("short", "long"), FIVE[:2], size=inside.Size(heads=0))
    tables["results"] = [
        row for row in tables["results"]
        if row["analysis"] != "probe" or row["model_id"] == "m1_0"
    ] + inside.probes(FIVE[:2], 1, inside.Size(layers=9, heads=0), first=1)  # fmt: skip
    page = built(tables)
    spec = figure(page, "layers-right-1")[0]
    shapes = [c for c in spec["datasets"]["curves"] if c["m"]]
    assert [c["x"][0] for c in shapes] == [0, 0]
    assert [c["x"][-1] for c in shapes] == [1, 1]
    assert sorted(len(c["x"]) for c in shapes) == [4, 9]
    assert "relative depth" in json.dumps(spec)
    assert "relative depth" not in json.dumps(figure(page, "layers-right-1")[0]["datasets"])


def test_maps_hold_every_head_and_count_those_told_apart(pages: dict[str, str]) -> None:
    tables = inside.tables()
    drawn = figure(pages["inside"], "heads-right-1")
    assert len(drawn) == len(FIVE)
    maps = {tuple(v for row in spec["datasets"]["rows"] for v in row["v"]) for spec in drawn}
    for concept in FIVE:
        heads = rows(tables, "auroc", concept=concept, reading="right", site="attn_head_in")
        assert tuple(round(r["estimate"] * 1000) for r in heads) in maps
        found = sum(r["p_adjusted"] < 0.01 for r in heads)
        if concept == "situational_awareness":
            assert f"situational awareness from {found} of 16 heads" in words(pages["inside"])
    key = section(pages["inside"], "heads").split('class="key"')[1].split("</ul>")[0]
    assert key.count("<rect") == 20
    assert "95% of flipped labels, best of all sites (0.63)" in key


def test_transfer_stands_at_the_layer_of_the_best_diagonal(pages: dict[str, str]) -> None:
    tables = inside.tables()
    transfer = rows(tables, "transfer", reading="right")
    own = {
        layer: [r["estimate"] for r in transfer
                if r["layer"] == layer and r["concept"] == r["other_concept"]]
        for layer in range(4)
    }  # fmt: skip
    best = max(own, key=lambda layer: sum(own[layer]))
    [spec] = figure(pages["inside"], "transfer-right-1")
    cells = spec["datasets"]["rows"]
    drawn = sorted(cell["v"] for cell in cells)
    assert drawn == sorted(round(r["estimate"] * 1000) for r in transfer if r["layer"] == best)
    assert f"tiny/base, layer {best}: tested on another concept" in words(pages["inside"])
    diagonal = [cell["v"] for cell in cells if cell["r"][1:] == cell["c"][1:]]
    assert diagonal == sorted(diagonal, reverse=True)
    assert all(cell["t"] for cell in cells)


def test_values_of_more_than_twelve_concepts_are_not_printed() -> None:
    concepts = tuple(f"concept_{i}" for i in range(13))
    tables = example.tables(concepts=FIVE[:1])
    size = inside.Size(layers=1, heads=0, labels=("right",))
    tables["results"] += inside.probes(concepts, size=size)
    [spec] = figure(built(tables), "transfer-right-1")
    assert not [layer for layer in spec["layer"] if layer.get("name") == "margin"]


def test_controls_name_what_is_missing_and_the_command_that_makes_it() -> None:
    page = built(inside.tables(size=inside.Size(twin=False)))
    part = section(page, "controls")
    assert "No value for untrained twin" in words(part)
    command = "mirrorlake generate activations --questions starter --model tiny/base --baselines"
    assert f"<code>{command}</code>" in part
    assert "untrained twin" not in part.split("<thead>")[1].split("</thead>")[0]


def test_controls_stand_at_the_best_layer(pages: dict[str, str]) -> None:
    tables = inside.tables()
    study = Study(example.connect(tables), "demo")
    table = section(pages["inside"], "controls").split("<tbody>")[1].split("</tbody>")[0]
    lines = [words(line) for line in table.split("</tr>")[:-1]]
    _, found = profiles(study, "starter", "right")
    for own in found:
        assert own.best
        layer = own.best["layer"]
        [swap] = rows(
            tables, "auroc_letter_swap", concept=own.concept, layer=layer, reading="right"
        )
        [line] = [t for t in lines if t.startswith(own.concept.replace("_", " "))]
        assert f"{swap['estimate']:.2f} [" in line
        assert "rising, peak at 0.80" in line


def test_a_study_of_probes_alone_renders_without_sections_on_answers() -> None:
    tables = inside.tables()
    tables["results"] = [row for row in tables["results"] if row["analysis"] != "quantify"]
    page = built(tables)
    assert not any(section(page, key) for key in ANSWERED)
    text = words(page)
    assert "Whether an appended answer is right can be read linearly from the residual" in text
    assert "No accuracy was estimated" not in text
    assert "Every question was asked" not in text
    assert " 0 answers" not in text
    assert section(page, "audit")


def test_probes_and_steering_change_nothing_in_the_sections_on_answers() -> None:
    with_inside = inside.tables()
    without = with_inside | {
        "results": [r for r in with_inside["results"] if r["analysis"] == "quantify"]
    }
    one, other = built(with_inside), built(without)
    for key in ANSWERED:
        assert section(one, key) == section(other, key), key
    first = section(one, "answer").split("<figure")[1].split("</figure>")[0]
    assert first in section(other, "answer")


def test_probes_without_estimates_say_why() -> None:
    tables = inside.tables(concepts=FIVE[:2])
    why = "fewer than 8 groups"
    tables["results"] = [r for r in tables["results"] if r["analysis"] != "probe"]
    for concept in FIVE[:2]:
        tables["results"].append(
            inside.probe("auroc", None, reason=why, concept=concept, reading="right",
                         model_id="m1_0", condition_id="c1_0")
        )  # fmt: skip
    page = built(tables)
    assert "Sequential planning and situational awareness: fewer than 8 groups." in words(page)
    assert not section(page, "heads")


def test_one_layer_without_band_null_or_interval_is_drawn() -> None:
    tables = inside.tables(concepts=FIVE[:1], size=inside.Size(layers=1, heads=1))
    for row in tables["results"]:
        if row["analysis"] == "probe":
            row |= {"ci_low": None, "ci_high": None, "p_adjusted": None, "detail": "{}"}
    page = built(tables)
    assert "No test for situational awareness." in words(section(page, "layers"))
    [spec] = figure(page, "layers-right-1")
    assert "bands" not in spec["datasets"]
    assert {line["d"] for line in spec["datasets"]["lines"]} == {"solid", "dotted", "wide", "mixed"}


@pytest.mark.parametrize(("models", "labels"), [(1, 2), (3, 1)])
def test_real_size_stays_within_two_megabytes(models: int, labels: int) -> None:
    names = tuple(f"a-model-with-a-rather-long-name-{i}" for i in range(models))
    size = inside.Size(layers=32, heads=32, labels=("right", "answer")[:labels])
    page = built(inside.tables(names, TEN_CONCEPTS, size=size))
    assert len(page.encode()) <= LARGEST
    # The largest pages keep their charts and leave the rows to the query.
    assert ("data:text/csv" in page) is (models == 1)
    assert ("which would be too large" in page) is (models == 3)
    assert len(figure(page, "layers-right-1")) == 10
    assert len(figure(page, "heads-right-1")) >= 10


def test_more_than_four_models_leave_bands_intervals_and_twins_to_the_table() -> None:
    names, size = tuple("abcde"), inside.Size(layers=2, heads=0, labels=("right",))
    page = built(inside.tables(names, FIVE[:1], size=size))
    [spec] = figure(page, "layers-right-1")
    assert len(spec["datasets"]["curves"]) == 5
    assert not any(curve["l"] for curve in spec["datasets"]["curves"])
    assert "bands" not in spec["datasets"]
    assert "Bands, intervals and untrained twins of so many models are in the table." in page
