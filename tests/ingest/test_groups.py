from __future__ import annotations

from ingest.groups import dialogue_group, state_group, stem_group
from tests.ingest.clone import CARGO, RULES, TABLE, TOWER


def test_a_state_is_one_group_whatever_the_person_goal_and_plan():
    mine = RULES.format(state=TABLE) + "My goal is to have that x. \n"
    yours = RULES.format(state=TABLE).replace("I have", "You have") + "Your goal is y.\n"
    assert state_group(mine) == state_group(yours)
    assert state_group(mine) != state_group(RULES.format(state=TOWER))


def test_groups_are_readable():
    assert state_group(RULES.format(state=TABLE)).startswith("blocks/")
    assert state_group(RULES.format(state=CARGO)).startswith("depots/")
    assert len(stem_group("x").removeprefix("stem/")) == 12


def test_the_last_statement_counts():
    worked = RULES.format(state=TOWER) + RULES.format(state=TABLE)
    assert state_group(worked) == state_group(RULES.format(state=TABLE))


def test_a_question_without_a_statement_is_its_own_group():
    assert state_group("Which plan?") == stem_group("Which plan?")


def test_a_dialogue_is_all_but_the_question():
    first, second = "Ann: hi\nBob: hello\nWho?", "Ann: hi\nBob: hello\nWhy?"
    assert dialogue_group(first) == dialogue_group(second)
    assert dialogue_group("Why?") == stem_group("Why?")


def test_blanks_do_not_make_another_stem():
    assert stem_group("a  b\n") == stem_group("a b")
