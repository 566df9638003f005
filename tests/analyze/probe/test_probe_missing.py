"""What is not there is NULL with a reason, and is counted; odd names change nothing."""

from __future__ import annotations

import json
import shlex
from types import SimpleNamespace

import pytest

from analyze.probe import run_probe
from tests.inside_lakes import (
    HOSTILE,
    ask,
    capture,
    lake_of,
    mirrorlake,
    named,
    pick,
    starter,
)
from warehouse.errors import InputError

LONG = "Read this first. " * 20_000


def longer(row):
    messages = json.loads(row["messages"])
    messages[-1]["content"] = LONG + messages[-1]["content"]
    return named(row, messages=json.dumps(messages))


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """Hostile names, three questions too long to be read, no twin, no embedding layer."""
    dataset, first, second = HOSTILE, f"belief{HOSTILE}", "<b>self'reflection\"</b>"
    belief, unknown = (starter(name, families=12) for name in ("belief", "self_reflection"))
    belief = [longer(row) for row in belief[:3]] + belief[3:]
    rows = [named(row, dataset=dataset, concept=first) for row in belief]
    rows += [named(row, dataset=dataset, concept=second) for row in unknown]
    with lake_of(tmp_path_factory.mktemp("odd"), rows) as lake:
        told = capture(lake, "two-axes", dataset, layers=(1, 2), sites=("resid_post", "mlp_out"))
        found = run_probe(lake)
        yield SimpleNamespace(lake=lake, told=told, rows=found, concepts=(first, second))


def test_hostile_names_come_through_in_every_row_and_query(odd):
    assert {row["dataset"] for row in odd.rows} == {HOSTILE}
    assert {row["concept"] for row in odd.rows} == set(odd.concepts)
    for row in pick(odd.rows, layer=2, metric="auroc", site="resid_post"):
        assert ask(odd.lake, f"SELECT count(*) AS n FROM ({row['sql']})") == [{"n": row["n"]}]
    for row in pick(odd.rows, metric="auroc", site="letter"):
        assert ask(odd.lake, f"SELECT count(*) AS n FROM ({row['sql']})") == [{"n": 96}]
    names = ask(odd.lake, "SELECT DISTINCT name FROM directions WHERE layer = 2")
    assert {"name": f"probe:{odd.concepts[0]}:answer@resid_post.2"} in names


def test_questions_without_states_are_counted(odd):
    assert [captured.too_long for captured in odd.told] == [3]
    first, second = odd.concepts
    for row in odd.rows:
        # A transfer is judged on the other concept's questions.
        judged = row["other_concept"] or row["concept"]
        assert row["n_missing"] == {first: 3, second: 0}[judged]
    [row] = pick(odd.rows, concept=first, metric="auroc", site="resid_post", layer=2)
    assert row["n"] == 2 * (48 - 3)


def test_what_is_known_is_found_under_any_name(odd):
    for concept in odd.concepts:
        [row] = pick(odd.rows, concept=concept, metric="auroc", site="resid_post", layer=2)
        assert row["estimate"] > 0.9 and row["p_adjusted"] is not None


def test_transfer_is_told_of_every_pair_and_layer(odd):
    found = {(r["concept"], r["other_concept"], r["layer"]): r
             for r in pick(odd.rows, metric="transfer")}  # fmt: skip
    first, second = odd.concepts
    assert set(found) == {(*pair, layer) for pair in ((first, second), (second, first))
                          for layer in (1, 2)}  # fmt: skip
    assert {row["n"] for row in found.values()} == {96, 90}


def test_baselines_that_were_not_captured_are_null_with_a_command_that_a_shell_can_read(odd):
    twins = pick(odd.rows, metric="auroc_random_twin")
    assert len(twins) == 2 * 2 * 2
    for row in twins:
        assert (row["estimate"], row["p_value"], row["ci_low"]) == (None, None, None)
        assert row["reason"].startswith("not captured; run: mirrorlake generate activations ")
        words = shlex.split(row["reason"].partition("run: ")[2])
        assert words[words.index("--questions") + 1] == HOSTILE
        assert words[words.index("--model") + 1] == "mirror-tiny/two-axes"
        assert words[-1] == "--baselines"


def test_an_embedding_layer_that_is_not_there_is_null(tmp_path):
    with lake_of(tmp_path, starter("belief", families=8)) as lake:
        capture(lake, "two-axes", layers=(0,))
        [row] = pick(run_probe(lake), site="resid_pre")
        assert row["estimate"] is None and row["reason"].endswith("--baselines")


def test_too_few_groups_are_null_with_the_reason_and_not_tried_again(tmp_path):
    with lake_of(
        tmp_path, starter("belief", families=4) + starter("intention", families=6)
    ) as lake:
        capture(lake, "base", layers=(2,))
        rows = run_probe(lake)
        few = pick(rows, concept="belief")
        assert {row["metric"] for row in few} >= {"auroc", "max_auroc"}
        assert all(row["estimate"] is None and row["p_value"] is None for row in few)
        own = [row for row in few if row["metric"] == "auroc" and row["site"] == "resid_post"]
        assert [row["reason"] for row in own] == [
            "4 groups are too few for 5 folds with both labels"
        ]
        # Enough for folds, too few for flips.
        [some] = pick(rows, concept="intention", metric="auroc", site="resid_post")
        assert some["estimate"] is not None and some["p_adjusted"] is None
        [best] = pick(rows, concept="intention", metric="max_auroc")
        assert best["estimate"] is None and "6 groups" in best["reason"]
        assert run_probe(lake) == rows
        runs = ask(lake, "SELECT count(*) AS n FROM runs WHERE command = 'analyze probe'")
        assert runs == [{"n": 1}]


def test_where_one_letter_is_always_right_letters_cannot_be_swapped(tmp_path):
    rows = starter("belief", families=10)
    first = [
        row if row["answer"] == "A" else named(row, choices=row["choices"][::-1], answer="A")
        for row in rows
    ]
    with lake_of(tmp_path, first) as lake:
        capture(lake, "two-axes", layers=(2,))
        found = run_probe(lake)
        [swap] = pick(found, metric="auroc_letter_swap")
        assert swap["estimate"] is None and "have one label" in swap["reason"]
        # The order alone tells the answer, and the baseline beside the probe says so.
        [letter] = pick(found, metric="auroc", site="letter")
        assert letter["estimate"] == 1.0


def test_slices_of_other_questions_or_replies_are_never_joined(tmp_path):
    with lake_of(tmp_path, starter("belief", "self_reflection", families=10)) as lake:
        capture(lake, "two-axes", layers=(2,), concepts=("belief",))
        capture(lake, "two-axes", layers=(3,), concepts=("self_reflection",))
        places = {(row["concept"], row["layer"]) for row in run_probe(lake) if row["layer"]}
        assert places in ({("belief", 2)}, {("self_reflection", 3)})


def test_letters_and_whole_texts_are_not_one_question(tmp_path):
    with lake_of(tmp_path, starter("belief", families=10)) as lake:
        for variants in ("choices", "texts"):
            capture(lake, "base", layers=(2,), positions=("choice",), variants=variants)
        found = run_probe(lake)
        [row] = pick(found, metric="auroc", site="resid_post")
        assert row["n"] == 40 * 4
        [swap] = pick(found, metric="auroc_letter_swap")
        assert swap["estimate"] is not None


def test_what_cannot_be_probed_is_one_sentence(lake, odd):
    with pytest.raises(InputError, match=r"holds no activations\. Capture some"):
        run_probe(lake)
    with pytest.raises(InputError, match="Did you mean"):
        run_probe(odd.lake, [HOSTILE[:-1]])
    done = mirrorlake("analyze", "probe", "--lake", odd.lake.path, "--questions", "none")
    assert (done.exit_code, done.stdout) == (2, "") and done.stderr.count("\n") == 1
