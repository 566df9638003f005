"""Any order of commands, kills, repairs, damage and moves, against a plain set of keys."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.samples import question
from tests.warm import Warm
from warehouse import publish
from warehouse.check import open_and_check
from warehouse.lake import LEDGER, open_lake

# Most commands take fewer steps than the largest of these, so that many also end in peace.
STEPS = st.sampled_from([0, 0, *range(1, 90)])
NUMBERS = st.integers(0, 12)


class LakeMachine(RuleBasedStateMachine):
    """A lake beside the sets of keys that it must hold, and no others."""

    warm: Warm

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.lake = self.folder / "lake"
        open_lake(self.lake, create=True).close()
        self.questions: set[str] = set()
        self.answers: set[str] = set()
        # Questions of a killed ingestion, which any later command may find and list.
        self.perhaps: set[str] = set()
        self.moves = 0

    def do(self, command: str, step: int, *arguments: int) -> dict[str, set[str]]:
        """Run a command in a worker that may kill itself; return what it had noted by then."""
        notes = self.folder / "notes"
        notes.write_text("")
        words = map(str, (self.lake, notes, step, *arguments))
        self.warm.start(command, *words)
        assert self.warm.wait() in {0, -signal.SIGKILL}
        noted: dict[str, set[str]] = {"asked": set(), "kept": set()}
        for line in notes.read_text().splitlines():
            what, key = line.split()
            noted[what].add(key)
        return noted

    @rule(step=STEPS, first=NUMBERS, count=st.integers(1, 4))
    def ingest(self, step: int, first: int, count: int) -> None:
        noted = self.do("ingest", step, first, first + count)
        self.perhaps |= {question(i)["question_id"] for i in range(first, first + count)}
        self.questions |= noted["kept"]

    @rule(step=STEPS, first=NUMBERS, count=st.integers(1, 4), answered=st.integers(0, 8))
    def generate(self, step: int, first: int, count: int, answered: int) -> None:
        noted = self.do("generate", step, first, first + count, answered)
        assert noted["asked"].isdisjoint(self.answers), "asked again"
        self.answers = self.between(
            self.answers | noted["kept"], self.stored()[1], self.answers | noted["asked"]
        )

    @rule(step=STEPS)
    def compact(self, step: int) -> None:
        self.do("compact", step)

    @rule()
    def check(self) -> None:
        assert self.problems() == []

    @rule(step=STEPS)
    def repair(self, step: int) -> None:
        self.do("repair", step)

    @rule()
    def move(self) -> None:
        self.moves += 1
        self.lake = self.lake.rename(self.folder / f"lake {self.moves}")

    @rule(step=STEPS)
    def lose_the_ledger(self, step: int) -> None:
        on_disk = self.in_files("questions"), self.in_files("responses")
        for part in self.lake.glob(f"{LEDGER}*"):
            part.unlink()
        self.do("repair", step)
        self.do("repair", 0)
        assert self.stored() == on_disk
        # What was answered and not yet sealed is lost with the ledger.
        self.answers &= on_disk[1]

    @precondition(lambda self: self.answers)
    @rule(data=st.data(), step=STEPS)
    def damage_a_segment(self, data: st.DataObject, step: int) -> None:
        files = self.live("responses")
        if not files:
            return
        path = data.draw(st.sampled_from(files))
        lost = set(pq.read_table(path).column("request_key").to_pylist())
        os.chmod(path, 0o644)
        os.truncate(path, path.stat().st_size // 2)
        self.do("repair", step)
        self.do("repair", 0)
        assert self.problems() == []
        # What a merge had replaced comes back, as far as it is still there.
        self.answers = self.between(self.answers - lost, self.stored()[1], self.answers)

    @invariant()
    def it_holds_what_it_must_and_nothing_twice(self) -> None:
        questions, answers = self.stored()
        self.questions = self.between(self.questions, questions, self.questions | self.perhaps)
        assert answers == self.answers

    def problems(self) -> list[object]:
        """Return what `lake check` finds; an answer may come before its question here."""
        return [p for p in open_and_check(self.lake) if "a question_id that" not in p.what]

    def between(self, least: set[str], found: set[str], most: set[str]) -> set[str]:
        """Return the keys that are there, once they are known to be neither lost nor invented."""
        assert least <= found <= most
        return found

    def stored(self) -> tuple[set[str], set[str]]:
        """Return the keys of questions and of answers that the ledger lists or holds."""
        answers = [key for path in self.live("responses") for key in _keys(path, "request_key")]
        with closing(open_lake(self.lake, create=True)) as lake:
            answers += [row[0] for row in lake.ledger.requests.unsealed() if row[2] == "done"]
        questions = [key for path in self.live("questions") for key in _keys(path, "question_id")]
        assert len(answers) == len(set(answers)) and len(questions) == len(set(questions))
        return set(questions), set(answers)

    def live(self, table: str) -> list[Path]:
        with closing(open_lake(self.lake, create=True)) as lake:
            return [self.lake / name for name in publish.live_files(lake.ledger)[table]]

    def in_files(self, table: str) -> set[str]:
        column = {"questions": "question_id", "responses": "request_key"}[table]
        files = (self.lake / "segments" / table).glob("*.parquet")
        return {key for path in files for key in _keys(path, column)}

    def teardown(self) -> None:
        with open_lake(self.lake, create=True).run("next command"):
            pass
        assert self.problems() == []
        with open_lake(self.lake).reader() as con:
            found = con.execute("SELECT request_key FROM responses_history").fetchall()
        assert sorted(key for (key,) in found) == sorted(self.answers)
        shutil.rmtree(self.folder)


def _keys(path: Path, column: str) -> list[str]:
    return pq.read_table(path, columns=[column]).column(column).to_pylist()


@pytest.fixture(scope="module")
def warm():
    with Warm("tests.warehouse.machine_work") as process:
        yield process


def run_machine(warm: Warm, examples: int, steps: int) -> None:
    machine = type("Machine", (LakeMachine,), {"warm": warm})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    case = machine.TestCase
    case.settings = how
    case("runTest").runTest()


def test_any_order_of_commands_kills_and_repairs_keeps_every_key(warm):
    run_machine(warm, examples=4, steps=8)


@pytest.mark.soak
def test_many_orders_of_commands_kills_and_repairs_keep_every_key(warm):
    run_machine(warm, examples=40, steps=20)
