from __future__ import annotations

import json

import polars as pl
import pytest

from ingest import shortcuts
from ingest.audits import audit
from ingest.findings import audit_frame
from ingest.selfconsciousness import ACQUISITION, read_source
from ingest.store import ingest_questions
from tests.ingest.clone import write_clone
from warehouse.keys import canonical, question_id
from warehouse.lake import open_lake


def row(stem, choices=("yes", "no"), answer="A", group=None, number=1, **other):
    messages = [{"role": "user", "content": stem}]
    return {
        "question_id": question_id("set", messages, choices),
        "dataset": "set",
        "concept": "tides",
        "split": "test",
        "group_id": group or stem,
        "messages": canonical(messages),
        "choices": list(choices),
        "answer": answer,
        "source_file": "set.jsonl",
        "source_row": number,
        **other,
    }


def found(rows):
    return {finding["audit"]: finding for finding in audit(rows)}


def clean():
    """Return rows in which no defect and no shortcut can be found."""
    pairs = [("left bank", "far shore"), ("old mill", "new mill")]
    return [
        row(f"Which place, case {i}?", (f"{a} {i}", f"{b} {i}"), "AB"[(i + turn) % 2], number=i)
        for i in range(1, 9)
        for turn, (a, b) in enumerate(pairs)
    ]


def test_a_clean_set_leaves_no_warning():
    findings = audit(clean())
    # Both questions of a case have one stem and other options.
    assert {f["audit"] for f in findings if f["severity"] == "warning"} == set()


@pytest.mark.parametrize(
    ("audited", "bad"),
    [
        ("identical_options", row("Q?", ("same", " same"))),
        ("missing_answers", row("Q?", answer=None)),
        ("glued_options", row("Q?", metadata='{"glued_options":true}')),
        ("embedded_lists", row("Q:\n(A) one\n(B) two\nWell?")),
        ("unfilled_placeholders", row("Who wrote {title}?")),
        ("unfilled_placeholders", row("Who?", ("Ann", "<NAME>"))),
        ("encoding_damage", row("Who met Ren\ufffd?")),
        ("encoding_damage", row("Who?", ("Alfonso Ar√°u", "Bob"))),
        ("unbalanced_quotes", row("Which?", ('the "first', "the second"))),
        ("trailing_space", row("Which? ")),
        ("trailing_space", row("Which?", ("one ", "two"))),
        ("non_ascii", row("Which café?")),
    ],
)
def test_each_defect_is_counted_once_with_its_row(audited, bad):
    others = [row(f"Fine {i}?", number=i + 2) for i in range(3)]
    assert audited not in found(others)
    finding = found([*others, bad])[audited]
    assert (finding["count"], finding["total"]) == (1, 4)
    assert finding["example"].startswith("set.jsonl row 1: ")


def test_duplicates_are_counted_from_the_source_rows():
    rows = [row("Q?"), row("Q?"), row("Q?", ("No", "Yes"), "B"), row("Q?", ("one", "two"))]
    findings = found(rows)
    assert findings["duplicate_questions"]["count"] == 1
    stems = findings["duplicate_stems"]
    assert stems["count"] == 3
    assert (
        "1 exactly, 1 with the options reordered or in other case, 1 with other" in stems["detail"]
    )
    assert findings["mixed_case_options"]["count"] == 3


def test_one_question_with_two_right_answers_is_an_error():
    assert "conflicting_answers" not in found([row("Q?"), row("Q?", ("no", "yes"), "B")])
    findings = found([row("Q?"), row("Q?", ("No", "Yes"), "A")])
    assert findings["conflicting_answers"]["severity"] == "error"
    assert findings["conflicting_answers"]["count"] == 2


def test_a_constant_answer_is_named_by_its_text():
    rows = [row(f"{i}?", ("I know", "I do not"), "B") for i in range(4)]
    assert found(rows)["constant_answer_text"]["count"] == 4
    assert "constant_answer_text" not in found([*rows, row("5?", ("I know", "I do not"))])


def test_a_sorted_file_shows_in_its_halves():
    rows = [row(f"{i}?", answer="AB"[i // 20], number=i) for i in range(40)]
    halves = found(rows)["letter_imbalance_by_half"]
    assert (halves["severity"], halves["count"]) == ("warning", 40)
    assert "100.0% of the first 20 rows and in 0.0% of the last 20" in halves["detail"]
    assert found(rows)["letter_imbalance"]["severity"] == "info"
    shuffled = [row(f"{i}?", answer="AB"[i % 2], number=i) for i in range(40)]
    assert found(shuffled)["letter_imbalance_by_half"]["severity"] == "info"


def test_an_odd_row_goes_to_the_first_half():
    rows = [row(f"{i}?", answer="A" if i < 3 else "B", number=i) for i in range(5)]
    assert "of the first 3 rows" in found(rows)["letter_imbalance_by_half"]["detail"]


def test_groups_shared_by_splits_and_concepts():
    rows = [
        row("a?", group="g1", split="train"),
        row("b?", group="g1", split="eval"),
        row("c?", group="g2", split="eval"),
        row("d?", group="g2", concept="moons"),
    ]
    findings = found(rows)
    assert (findings["split_overlap"]["count"], findings["split_overlap"]["total"]) == (1, 2)
    shared = findings["concept_overlap"]
    assert (shared["concept"], shared["count"], shared["total"]) == ("*", 1, 2)


def test_free_and_unlabelled_questions_have_no_shortcuts():
    rows = [row("a?", (), "because"), row("b?", answer=None)]
    assert not {"longer_option", "option_text_prior", "letter_imbalance"} & found(rows).keys()


def credit(rows, rule):
    return rule(audit_frame(rows)).to_list()


def test_longer_option_by_hand():
    rows = [
        row("a?", ("long one", "short"), "A"),
        row("b?", ("long one", "short"), "B"),
        row("c?", ("four", "five"), "A"),
        row("d?", ("xx", "yy", "z"), "B"),
        row("e?", ("xx", "yy", "z"), "C"),
    ]
    assert credit(rows, shortcuts.longer_option) == [1.0, 0.0, 0.5, 0.5, 0.0]


def test_option_text_prior_leaves_the_family_out():
    rows = [
        row("a?", ("sun", "moon"), "A", group="f"),
        row("b?", ("sun", "moon"), "A", group="f"),
        row("c?", ("moon", "sun"), "B", group="g"),
        row("d?", ("rain", "snow"), "A", group="h"),
        row("e?", ("sun", "hail"), "B", group="i"),
    ]
    # Elsewhere: for f sun 1 of 2, moon 0 of 1; for g sun 2 of 3, moon 0 of 2; for h nothing;
    # for i sun 3 of 3 against an unseen text at one half.
    assert credit(rows, shortcuts.option_text_prior) == [1.0, 1.0, 1.0, 0.5, 0.0]


def test_texts_of_one_family_only_score_one_half():
    rows = [row(f"{i}?", ("x", "y"), "A", group="f") for i in range(3)]
    assert credit(rows, shortcuts.option_text_prior) == [0.5] * 3


def test_findings_are_stored_and_other_concepts_kept(tmp_path):
    ingest_questions(tmp_path / "lake", "test", [row("Q? ")], {})
    ingest_questions(tmp_path / "lake", "test", [row("R? ", concept="moons")], {})
    ingest_questions(tmp_path / "lake", "test", [row("Q?")], {})
    lake = open_lake(tmp_path / "lake")
    with lake.reader() as con:
        stored = con.sql("SELECT concept FROM audits WHERE audit = 'trailing_space'").fetchall()
    lake.close()
    assert stored == [("moons",)]


def test_every_quirk_of_the_written_clone_is_found(tmp_path):
    rows = read_source(write_clone(tmp_path), lambda _: None)
    counts = {
        (f["dataset"] == ACQUISITION, f["concept"], f["audit"]): f["count"] for f in audit(rows)
    }
    assert counts[False, "situational_awareness", "duplicate_questions"] == 1
    assert counts[False, "situational_awareness", "duplicate_stems"] == 2
    assert counts[False, "situational_awareness", "embedded_lists"] == 1
    assert counts[False, "situational_awareness", "identical_options"] == 1
    assert counts[False, "self_improve", "identical_options"] == 1
    assert counts[False, "known_unknowns", "glued_options"] == 1
    assert counts[False, "known_unknowns", "constant_answer_text"] == 2
    assert counts[False, "*", "concept_overlap"] == 2
    assert counts[True, "belief", "split_overlap"] == 1


@pytest.fixture(scope="module")
def real(shared_data):
    rows = read_source(shared_data / "SelfConsciousness", lambda _: None)
    return rows, {(f["concept"], f["audit"]): f for f in audit(rows)}


KNOWN_TRUTHS = {
    ("self_improve", "identical_options"): 17,
    ("deception", "identical_options"): 1,
    ("situational_awareness", "identical_options"): 1,
    ("situational_awareness", "duplicate_questions"): 18,
    ("situational_awareness", "duplicate_stems"): 44,
    ("situational_awareness", "embedded_lists"): 28,
    ("situational_awareness", "non_ascii"): 95,
    ("known_knowns", "duplicate_stems"): 23,
    ("known_knowns", "non_ascii"): 84,
    ("known_unknowns", "glued_options"): 8,
    ("known_unknowns", "constant_answer_text"): 1000,
    ("known_unknowns", "longer_option"): 1000,
    ("known_unknowns", "non_ascii"): 113,
    ("deception", "non_ascii"): 1,
    ("belief", "split_overlap"): 86,
    ("*", "concept_overlap"): 410,
}


@pytest.mark.parametrize("which", KNOWN_TRUTHS, ids="-".join)
def test_known_truths_of_the_real_files(real, which):
    assert real[1][which]["count"] == KNOWN_TRUTHS[which]


def test_known_shares_of_the_real_files(real):
    _, findings = real
    halves = findings["sequential_planning", "letter_imbalance_by_half"]["detail"]
    assert "76.8% of the first 393 rows and in 30.6% of the last 392" in halves
    assert "39.0%" in findings["known_knowns", "longer_option"]["detail"]
    assert "58.2%" in findings["deception", "longer_option"]["detail"]
    assert "A 422, B 363" in findings["sequential_planning", "letter_imbalance"]["detail"]
    assert (
        "26 with the options reordered"
        in findings["situational_awareness", "duplicate_stems"]["detail"]
    )
    assert findings["belief", "split_overlap"]["total"] == 99


def test_mixed_case_of_the_real_file(real):
    rows, _ = real
    mine = [r for r in rows if r["concept"] == "situational_awareness"]
    lower = [r for r in mine if {c.strip() for c in r["choices"]} == {"no", "yes"}]
    # The 197 of a parser that cannot read the 38 stems that mention an option themselves.
    assert len(lower) == 235
    assert sum("(A)" not in r["messages"] for r in lower) == 197
    assert sum(set(r["choices"]) == {"No", "Yes"} for r in mine) == 256


def test_shortcuts_equal_the_ones_that_analyses_report(real, tmp_path):
    rows, _ = real
    mine = [r for r in rows if r["concept"] in ("deception", "known_knowns", "self_improve")]
    labelled = [r for r in mine if "identical" not in (r["metadata"] or "")]
    ingest_questions(tmp_path / "lake", "test", mine, {})
    frame = pl.concat(_credits(part) for part in _by_concept(labelled))
    lake = open_lake(tmp_path / "lake")
    with lake.reader() as con:
        theirs = con.sql(
            "SELECT question_id, longer_option, option_prior FROM question_baselines"
        ).pl()
    lake.close()
    both = frame.join(theirs, on="question_id", how="full", suffix="_theirs")
    assert both.height == len(labelled) == theirs.height
    assert (both["longer"] - both["longer_option"]).abs().max() < 1e-12
    assert (both["prior"] - both["option_prior"]).abs().max() < 1e-12


def _by_concept(rows):
    return [[r for r in rows if r["concept"] == c] for c in sorted({r["concept"] for r in rows})]


def _credits(rows):
    frame = audit_frame(rows)
    return frame.select("question_id").with_columns(
        longer=shortcuts.longer_option(frame), prior=shortcuts.option_text_prior(frame)
    )


def test_findings_are_json(real):
    json.dumps(list(real[1].values()))
