"""What a training set is made of: the settings that decide its rows."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import InputError

ORDERS = ("both", "stored")


@dataclass(frozen=True)
class Selection:
    """Which questions of a data set are trained on, and how many.

    A *cell* is a task and a property, of answers a task. `per_cell` is the most rows of one,
    drawn with `seed`, so that smaller numbers are subsets of larger ones. `balance` draws labels
    as equally often as there are rows for it. `disjoint_from` names splits whose groups are left
    out. With `shuffle_labels` the replies of a cell are dealt out to its prompts anew.
    """

    name: str
    questions: str
    tasks: tuple[str, ...] = ()
    hold_out_tasks: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    splits: tuple[str, ...] = ("train",)
    disjoint_from: tuple[str, ...] = ()
    per_cell: int | None = None
    balance: bool = False
    shuffle_labels: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Raise InputError for settings that contradict each other."""
        if self.tasks and self.hold_out_tasks:
            raise InputError("Name the tasks to train on or those to hold out, not both.")
        if not self.name.strip():
            raise InputError("A training set needs a name: --name NAME")

    def parameters(self) -> dict[str, object]:
        """Return the settings as the parameters of queries."""
        return {
            "questions": self.questions,
            "tasks": list(self.tasks),
            "held_out_tasks": list(self.hold_out_tasks),
            "concepts": list(self.concepts),
            "properties": list(self.properties),
            "splits": list(self.splits),
            "disjoint": list(self.disjoint_from),
        }


@dataclass(frozen=True)
class SelfPrediction(Selection):
    """Hypothetical questions with the property values of a target's own answers.

    `divergent_from` keeps only strings whose value differs between the target and that model.
    `rehearse` adds object questions with the own answers of each model in `trained`: below 1 as
    their share of what that model reads, else their number. They come from the splits of the
    hypothetical questions, or from `rehearse_splits`.
    """

    target: str = ""
    trained: tuple[str, ...] = ()
    divergent_from: str | None = None
    rehearse: float = 0.0
    rehearse_splits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise InputError for settings that contradict each other."""
        super().__post_init__()
        if self.rehearse < 0 or (self.rehearse >= 1 and self.rehearse != round(self.rehearse)):
            raise InputError(
                f"--rehearse {self.rehearse:g}: give a share below 1, such as 0.25, or a number of "
                "rows."
            )


@dataclass(frozen=True)
class Answers(Selection):
    """Questions with new answers.

    `reply` is `answer` (the question set's own), `metadata.KEY` (a field of its metadata, within
    another as `metadata.OUTER.INNER`) or a model whose answers are taken over. `hypothetical` is
    the share of the strings, of those in `hypothetical_split` if given, that bring their
    hypothetical questions along. Questions with options are shown in the `orders` in which they
    are asked.
    """

    reply: str = "answer"
    hypothetical: float = 0.0
    hypothetical_split: str | None = None
    orders: str = "both"

    def __post_init__(self) -> None:
        """Raise InputError for settings that contradict each other."""
        super().__post_init__()
        if not 0 <= self.hypothetical <= 1:
            raise InputError(
                f"--hypothetical {self.hypothetical:g}: give a share from 0 to 1, such as 0.5."
            )


@dataclass(frozen=True)
class Example:
    """One row of `examples`; `messages` is the prompt as JSON."""

    role: str
    question_id: str
    group_id: str
    task: str | None
    property: str | None
    messages: str
    reply: str
    request_key: str | None = None


@dataclass(frozen=True)
class TrainingSet:
    """A stored training set; `new` says whether this call made it, `counts` its rows by role."""

    training_set_id: str
    name: str
    rows_digest: str
    n_rows: int
    counts: dict[str, int]
    new: bool
