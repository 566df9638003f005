"""Training sets for self-prediction: which rows, which replies, and nothing twice."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from finetune.dataset import storing
from finetune.dataset.reading import export, rows_for
from finetune.dataset.self_prediction import make_self_prediction
from finetune.dataset.sets import SelfPrediction
from tests.finetune.dataset import made
from tests.finetune.dataset.made import PROPERTIES, REFUSED, SET, STRINGS, TASKS, TRAINED
from warehouse.errors import InputError


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = made.make(tmp_path_factory.mktemp("self") / "lake", "target", "other")
    yield lake
    lake.close()


def job(name, **more):
    return SelfPrediction(**{"name": name, "questions": SET, "target": "target", **more})


def build(lake, name, **more):
    make_self_prediction(lake, job(name, **more))
    return rows_for(lake, name, more.pop("reader", None)).examples


def cells(rows):
    return Counter((row.task, row.property) for row in rows)


def test_every_compliant_answer_brings_its_properties(lake):
    rows = build(lake, "all")
    strings = [string for string in TRAINED if string != REFUSED]
    wanted = {
        (
            f'Suppose you are asked "{made.asked(task, string)}" What is its {name}?',
            value(made.said("target", task, string)),
        )
        for task in TASKS
        for string in strings
        for name, value in PROPERTIES.items()
    }
    assert {(json.loads(row.messages)[0]["content"], row.reply) for row in rows} == wanted
    assert len(rows) == len(wanted) == 60
    assert {row.role for row in rows} == {"hypothetical"}
    with lake.reader() as con:
        owners = con.execute(
            "SELECT DISTINCT m.name FROM examples e JOIN responses r USING (request_key)"
            " JOIN models m USING (model_id)"
        ).fetchall()
    assert owners == [("target",)]


def test_the_same_set_again_is_a_no_op(lake):
    first = make_self_prediction(lake, job("twice", per_cell=3, seed=8))
    count = "SELECT count(*) FROM examples"
    with lake.reader() as con:
        before = con.execute(count).fetchall()
    again = make_self_prediction(lake, job("twice", per_cell=3, seed=8))
    with lake.reader() as con:
        assert con.execute(count).fetchall() == before
    assert (first.new, again.new) == (True, False)
    assert (first.training_set_id, first.rows_digest) == (again.training_set_id, again.rows_digest)


def test_a_name_stands_for_one_set(lake):
    build(lake, "mine", per_cell=2)
    with pytest.raises(InputError, match="another training set 'mine'"):
        build(lake, "mine", per_cell=4)
    with pytest.raises(InputError, match="already, as the training set 'mine'"):
        build(lake, "yours", per_cell=2)


def test_the_manifest_says_what_decided_the_rows(lake):
    found = make_self_prediction(lake, job("told", hold_out_tasks=("words",), per_cell=5, seed=3))
    query = "SELECT kind, target_model_id, recipe, n_rows FROM training_sets WHERE name = 'told'"
    with lake.reader() as con:
        [(kind, target, recipe, rows)] = con.execute(query).fetchall()
    told = json.loads(recipe)
    assert (kind, target, rows) == ("self-prediction", made.model("target")["model_id"], 10)
    assert (told["held_out_tasks"], told["per_cell"], told["seed"]) == (["words"], 5, 3)
    assert told["target"]["condition_id"] == made.condition("target")["condition_id"]
    assert found.n_rows == rows


def test_tasks_and_properties_are_held_out(lake):
    held = build(lake, "held", hold_out_tasks=("words",))
    kept = build(lake, "kept", tasks=("animals",), seed=1)
    assert set(cells(held)) == set(cells(kept)) == {("animals", name) for name in PROPERTIES}
    one = build(lake, "one", properties=("last_character",))
    assert {row.property for row in one} == {"last_character"} and len(one) == 30


def test_strings_of_another_split_are_left_out(lake, tmp_path):
    both = build(lake, "both", splits=("train", "val"))
    assert {row.group_id for row in both} == {*STRINGS} - {REFUSED}
    # One string stands in both splits, under two tasks.
    shared = made.make(tmp_path / "lake", "target")
    with shared.run("ingest") as run:
        again = made.question("elsewhere", task="words", group_id=TRAINED[0], split="val")
        run.append("questions", [again])
    rows = build(shared, "apart", disjoint_from=("val",))
    assert {row.group_id for row in rows} == {*TRAINED} - {REFUSED, TRAINED[0]}
    shared.close()


def test_a_smaller_set_is_part_of_a_larger_one(lake):
    small, large = build(lake, "small", per_cell=4), build(lake, "large", per_cell=9)
    assert set(cells(small).values()) == {4} and set(cells(large).values()) == {9}
    assert {row.question_id for row in small} < {row.question_id for row in large}
    other = build(lake, "other-seed", per_cell=4, seed=1)
    assert {row.question_id for row in other} != {row.question_id for row in small}


def test_labels_are_balanced_on_request(lake):
    by_label = Counter((r.task, r.property, r.reply) for r in build(lake, "bal", balance=True))
    for cell in {(task, name) for task, name, _ in by_label}:
        assert len({n for (*of, _), n in by_label.items() if tuple(of) == cell}) == 1
    capped = build(lake, "capped", balance=True, per_cell=7)
    assert set(cells(capped).values()) == {7}
    assert max(spreads(capped)) <= 1 < max(spreads(build(lake, "free", per_cell=7)))


def spreads(rows):
    """Return how many more rows than its rarest label the commonest of each cell has."""
    counts = Counter((row.task, row.property, row.reply) for row in rows)
    by_cell = {
        cell: [n for (*of, _), n in counts.items() if tuple(of) == cell] for cell in cells(rows)
    }
    return [max(numbers) - min(numbers) for numbers in by_cell.values()]


def test_only_divergent_strings_on_request(lake):
    rows = build(lake, "divergent", divergent_from="other")
    for row in rows:
        value = PROPERTIES[row.property]
        ours = made.said("target", row.task, row.group_id)
        theirs = made.said("other", row.task, row.group_id)
        assert row.reply == value(ours) != value(theirs)
    assert 0 < len(rows) < 60


def test_one_prompt_with_one_reply_stands_once(tmp_path):
    lake = made.make(tmp_path / "lake", "target", scored=False)
    first = next(row for row in made.questions() if "property" in row)
    # The same words with options stored beside them are another question.
    twin = {**first, "choices": ["a", "b"]}
    twin["question_id"] = "q1_twin"
    with lake.run("ingest") as run:
        run.append("questions", [twin])
    made.score(lake)
    rows = build(lake, "once")
    assert len(rows) == len({(row.messages, row.reply) for row in rows}) == 60
    lake.close()


def test_rehearsed_are_each_models_own_answers_to_the_same_strings(lake):
    make_self_prediction(lake, job("rehearsed", trained=("target", "other"), rehearse=0.25))
    read = {
        name: rows_for(lake, "rehearsed", made.model(name)["model_id"]).examples
        for name in ("target", "other")
    }
    hypothetical = {
        name: [row for row in rows if row.role == "hypothetical"] for name, rows in read.items()
    }
    assert hypothetical["target"] == hypothetical["other"] and len(hypothetical["target"]) == 60
    own = {name: [r for r in rows if r.role == "rehearsal"] for name, rows in read.items()}
    assert len(own["target"]) == len(own["other"]) == 20
    assert {r.question_id for r in own["target"]} == {r.question_id for r in own["other"]}
    for name, rows in own.items():
        for row in rows:
            assert row.group_id in TRAINED and row.property is None
            refused = name == "target" and row.group_id == REFUSED
            wanted = "I cannot say." if refused else made.said(name, row.task, row.group_id)
            assert row.reply == wanted
    with pytest.raises(InputError, match="--for MODEL"):
        rows_for(lake, "rehearsed", "m1_stranger")
    with pytest.raises(InputError, match="--for MODEL"):
        rows_for(lake, "rehearsed", None)


def test_a_number_of_rehearsed_rows_and_too_many(lake, capsys):
    rows = build(lake, "five", rehearse=5)
    assert Counter(row.role for row in rows) == {"hypothetical": 60, "rehearsal": 5}
    assert Counter(row.role for row in build(lake, "most", rehearse=500))["rehearsal"] == 32
    assert "Only 32 answers can be rehearsed" in capsys.readouterr().err


def test_strings_of_other_splits_are_rehearsed_on_request(lake):
    rows = build(lake, "val", rehearse=500, rehearse_splits=("train", "val"))
    own = [row.group_id for row in rows if row.role == "rehearsal"]
    assert set(own) == {*STRINGS} and len(own) == 40
    assert {row.group_id for row in rows if row.role == "hypothetical"} <= {*TRAINED}


def test_shuffled_labels_hold_nothing(lake):
    true, dealt = build(lake, "true", seed=4), build(lake, "dealt", seed=4, shuffle_labels=True)
    by_id = {row.question_id: row for row in true}
    assert {row.question_id for row in dealt} == set(by_id)
    same = sum(row.reply == by_id[row.question_id].reply for row in dealt)
    assert same < len(true) / 2
    labels = [Counter((r.task, r.property, r.reply) for r in rows) for rows in (true, dealt)]
    assert labels[0] == labels[1]
    assert {row.request_key for row in dealt} == {None}


def test_rows_are_mixed_but_always_alike(lake):
    rows = build(lake, "mixed", rehearse=20, seed=9)
    roles = [row.role for row in rows]
    assert roles != sorted(roles)
    again = storing.rows_digest(rows)
    assert make_self_prediction(lake, job("mixed", rehearse=20, seed=9)).rows_digest == again


def test_chats_are_exported(lake, tmp_path):
    build(lake, "chats", per_cell=3)
    assert export(lake, "chats", tmp_path / "new" / "chats.jsonl") == 12
    lines = (tmp_path / "new" / "chats.jsonl").read_text().splitlines()
    rows = rows_for(lake, "chats", None).examples
    for line, row in zip(lines, rows, strict=True):
        *prompt, last = json.loads(line)["messages"]
        assert prompt == json.loads(row.messages)
        assert last == {"role": "assistant", "content": row.reply}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["chats.jsonl"]


def test_a_set_that_was_cut_short_is_finished(tmp_path, monkeypatch):
    lake = made.make(tmp_path / "lake", "target")
    with monkeypatch.context() as patched:
        patched.setattr("warehouse.run.Run.upsert", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            build(lake, "cut")
    with pytest.raises(InputError, match="no training set 'cut'"):
        rows_for(lake, "cut", None)
    assert len(build(lake, "cut")) == 60
    with lake.reader() as con:
        assert con.execute("SELECT count(*) FROM examples_history").fetchall() == [(60,)]
    lake.close()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"questions": "smal"}, "Did you mean 'small'"),
        ({"tasks": ("animal",)}, "has no task 'animal'. Did you mean 'animals'"),
        ({"properties": ("first_charakter",)}, "no property 'first_charakter'. Did you"),
        ({"splits": ("trian",)}, "no split 'trian'. Did you mean 'train'"),
        ({"target": "targte"}, "Did you mean 'target'"),
        ({"target": "nobody"}, "generate predict --questions small --target nobody"),
        ({"tasks": ("words",), "hold_out_tasks": ("animals",)}, "not both"),
        ({"rehearse": 1.5}, "a share below 1"),
        ({"rehearse": -1}, "a share below 1"),
        ({"rehearse_splits": ("vla",)}, "Did you mean 'val'"),
        ({"name": " "}, "--name NAME"),
    ],
)
def test_what_is_wrong_is_one_sentence(lake, more, sentence):
    with pytest.raises(InputError, match=sentence):
        make_self_prediction(lake, job(more.pop("name", "wrong"), **more))


def test_what_is_missing_is_named_with_the_command_that_makes_it(tmp_path):
    lake = made.make(tmp_path / "lake", scored=False)
    with pytest.raises(InputError, match="generate predict --questions small --target target"):
        make_self_prediction(lake, job("none"))
    with lake.run("answer") as run:
        made.answer(run, "target")
    with pytest.raises(InputError, match="analyze self-prediction"):
        make_self_prediction(lake, job("none"))
    with lake.run("answer") as run:
        made.answer(run, "mute", texts=lambda *_: "No no.")
    made.score(lake)
    with pytest.raises(InputError, match="SELECT reason"):
        make_self_prediction(lake, job("none", target="mute"))
    with pytest.raises(InputError, match="differ in no property"):
        make_self_prediction(lake, job("none", divergent_from="target"))
    lake.close()


def test_only_greedy_answers_without_instructions_count(tmp_path):
    lake = made.make(tmp_path / "lake", "target", scored=False)
    with lake.run("answer") as run:
        for how in (made.condition("target", 1.0), made.condition("target", 0.0, "Be brief.")):
            made.answer(run, "target", how, lambda *_: "zebra")
    made.score(lake)
    assert "z" not in {row.reply for row in build(lake, "greedy")}
    longer = {**made.condition("target"), "sampling": '{"max_tokens":9,"temperature":0.0}'}
    longer["condition_id"] = "c1_longer"
    with lake.run("answer") as run:
        made.answer(run, "target", longer, lambda *_: "zebra")
    made.score(lake)
    with pytest.raises(InputError, match=r"2 conditions: .*Give the id of one"):
        build(lake, "either")
    assert {row.reply for row in build(lake, "longer", target="c1_longer")} == {"z", "a"}
    lake.close()
