"""What a reader gets right who looks for one word, or counts the steps of a plan."""

from __future__ import annotations

import pytest

from ingest.selfconsciousness import ACQUISITION, read_source
from warehouse import keys

UNAWARE, AWARE = "Ann is unaware of it.", "Ann saw it."


def asked(concept: str, group: str, prompt: str, choices: list[str], answer: str) -> dict:
    messages = [{"role": "user", "content": prompt}]
    return {
        "question_id": keys.question_id("school", messages, choices), "dataset": "school",
        "concept": concept, "group_id": group, "messages": keys.canonical(messages),
        "choices": choices, "answer": answer,
    }  # fmt: skip


def planned(group: int, steps: int, answer: str) -> dict:
    plan = "\n".join(f"step {i}" for i in range(steps))
    prompt = f"A plan:\n[PLAN]\nof an example\n[PLAN END]\n{group}\n[PLAN]\n{plan}\n[PLAN END]\nOK?"
    return asked("planning", f"g{group}", prompt, ["Yes", "No"], answer)


def credit(lake, rows: list[dict], name: str) -> list[float | None]:
    """Return the credit of one shortcut on each question, in the order given."""
    with lake.run("by hand") as run:
        run.append("questions", rows)
    with lake.reader() as con:
        found = dict(con.execute(f"SELECT question_id, {name} FROM question_shortcuts").fetchall())
    return [found[row["question_id"]] for row in rows]


def test_the_one_option_that_says_unaware_is_chosen(lake):
    rows = [
        asked("belief", "a", "1?", [UNAWARE, AWARE], "A"),
        asked("belief", "b", "2?", [AWARE, UNAWARE], "A"),
        asked("belief", "c", "3?", [AWARE, "Ann slept."], "A"),
        asked("belief", "d", "4?", [UNAWARE, "Ann does not know."], "A"),
        asked("other", "e", "5?", [AWARE, "Ann slept."], "A"),
    ]
    assert credit(lake, rows, "unaware_option") == [1.0, 0.0, 0.5, 0.5, None]


def test_long_plans_are_called_what_long_plans_are_elsewhere(lake):
    sizes = [1, 2, 2, 3, 6, 7, 8, 9]
    rows = [planned(i, steps, "B" if steps < 5 else "A") for i, steps in enumerate(sizes)]
    # Nearest to the gap two thresholds do as well elsewhere, of which one fails here.
    assert credit(lake, rows, "plan_length") == [1.0, 1.0, 1.0, 0.5, 0.5, 1.0, 1.0, 1.0]


def test_a_threshold_is_not_learned_from_the_question_itself(lake):
    # The odd one out: in all other clusters short plans are valid.
    rows = [planned(i, steps, "A" if steps < 5 else "B") for i, steps in enumerate([1, 2, 6, 7])]
    odd = planned(9, 8, "A")
    assert credit(lake, [*rows, odd], "plan_length")[-1] == 0.0


def test_questions_without_plans_are_guessed_beside_plans_and_else_left_out(lake):
    rows = [planned(i, i + 1, "A") for i in range(3)]
    rows += [asked("planning", "x", "Fine?", ["Yes", "No"], "A")]
    rows += [asked("belief", "y", "Well?", ["Yes", "No"], "A")]
    assert credit(lake, rows, "plan_length")[3:] == [0.5, None]


def test_the_papers_belief_questions_give_the_known_counts(lake, shared_data):
    rows = read_source(shared_data / "SelfConsciousness", lambda _: None)
    belief = [row for row in rows if row["dataset"] == ACQUISITION]
    found = credit(lake, belief, "unaware_option")
    assert (found.count(1.0), found.count(0.0)) == (326, 223)


@pytest.mark.parametrize("where", ["unsure", "is not aware", "was not involved", "unfamiliar"])
def test_the_words_it_looks_for(lake, where):
    rows = [asked("belief", "a", "1?", [AWARE, f"Ann {where}."], "B")]
    assert credit(lake, rows, "unaware_option") == [1.0]
