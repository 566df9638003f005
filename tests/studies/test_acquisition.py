"""The acquisition step of *From Imitation to Introspection* on the paper's belief questions."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from warehouse.lake import open_lake

STUDY = Path(__file__).resolve().parents[2] / "studies" / "imitation-to-introspection.toml"
DATASET, AFTER = "selfconsciousness/acquisition", "tuned:belief"


@pytest.fixture(scope="module")
def acquired(shared_data, tmp_path_factory):
    """A lake in which the study's fourth step has run, and the report."""
    folder = tmp_path_factory.mktemp("acquisition")
    text = STUDY.read_text("utf-8")
    source = 'source = "selfconsciousness"\n'
    begin = text[: text.index("[[generate]]")]
    assert source in begin
    begin = begin.replace(source, f'{source}path = "{shared_data / "SelfConsciousness"}"\n')
    study = folder / "step4.toml"
    study.write_text(begin + text[text.index("# Step 4,") :], "utf-8")
    words = ["run", str(study), "--lake", str(folder / "lake"), "--out", str(folder / "report")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    lake = open_lake(folder / "lake")
    yield lake, folder / "report" / "index.html"
    lake.close()


def asked(lake, query: str) -> list[tuple]:
    with lake.reader() as con:
        return con.execute(query).fetchall()


@pytest.mark.soak
def test_gains_stand_beside_the_control_and_every_shortcut(acquired):
    lake, page = acquired
    rows = dict(
        asked(
            lake,
            "SELECT metric, (estimate, ci_low, ci_high, n, n_clusters) FROM results r"
            " JOIN models m ON m.model_id = r.model_id WHERE analysis = 'acquisition'"
            f" AND dataset = '{DATASET}' AND concept = 'belief' AND m.name = '{AFTER}'",
        )
    )
    for metric, (estimate, low, high, n, clusters) in sorted(rows.items()):
        print(f"{metric}: {estimate:.3f} [{low:.3f}, {high:.3f}], {n} questions in {clusters}")
    assert set(rows) == {
        "gain", "gain_over_control", "accuracy_before", "accuracy_after",
        "baseline_majority_letter", "baseline_longer_option", "baseline_option_prior",
        "baseline_unaware_option",
    }  # fmt: skip
    assert {row[3:] for row in rows.values()} == {(134, 99)}
    assert 0.5 < rows["baseline_unaware_option"][0] < 0.65
    assert "What did training teach?" in page.read_text("utf-8")


@pytest.mark.soak
def test_no_dialogue_is_both_trained_on_and_judged(acquired):
    lake, _ = acquired
    judged = f"""
        SELECT count(DISTINCT q.group_id) FROM questions q SEMI JOIN (
            SELECT question_id FROM responses r JOIN models m USING (model_id)
            WHERE m.name = '{AFTER}'
        ) USING (question_id)
        WHERE q.dataset = '{DATASET}' AND q.group_id IN (SELECT group_id FROM examples)
    """
    assert asked(lake, judged) == [(0,)]
    assert asked(lake, "SELECT count(*) > 200 FROM examples") == [(True,)]


@pytest.mark.soak
def test_the_overlap_of_the_papers_own_split_is_a_row(acquired):
    lake, _ = acquired
    found = asked(lake, "SELECT concept, count, total FROM audits WHERE audit = 'split_overlap'")
    assert ("belief", 86, 99) in found
