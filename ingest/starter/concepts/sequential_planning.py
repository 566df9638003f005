"""Sequential planning: which step stands where follows from the stated dependencies."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Phrases
from ingest.starter.vocabulary import words

STEPS = Phrases(
    first=words("paint wash dry mend load fold pack cut weigh label sort wrap"),
    second=words("cloth crates parcel sacks nets tent blankets baskets tray flags curtain leaves"),
    joined="{} the {}",
)

FIRST = Frame(
    name="first of two",
    options=STEPS,
    test_setups=(
        "Until {b} has found time to {R}, {a} is unable to {W}.",
        "{a} is unable to {W} until {b} has found time to {R}.",
    ),
    test_asks=("Which job must be done first?", "With which step does a plan that works begin?"),
    train_setups=(
        "Somebody has to {R} before {a} can {W}. {b} makes a plan.",
        "{a} can {W} only after somebody else has managed to {R}. {b} makes a plan.",
    ),
    train_asks=(
        "Which job comes first in the plan?",
        "What is the first step?",
        "Which of the two jobs should be done before the other?",
        "What must {b} put at the top of the list?",
    ),
    statements=(
        "In the plan of {a} and {b}, the first step is to {R}.",
        "{a} and {b} must first {R} and then {W}.",
        "For {a} and {b}, the job to do before the other is to {R}, not to {W}.",
        "The plan of {a} and {b} works only if it begins with the step: {R}.",
    ),
)

WAIT = Frame(
    name="has to wait",
    options=STEPS,
    test_setups=(
        "{a} can {R} only when {b} gives back the {tool}. {b} needs the {tool} to {W}.",
        "{b} needs the {tool} to {W}. Only when {b} gives it back can {a} {R}.",
    ),
    test_asks=("Which job has to wait?", "Which step comes last in a plan that works?"),
    train_setups=(
        "{a} needs the {tool} to {R} and gets it after {b}. {b} is using it to {W}.",
        "{b} is using the {tool} to {W}. After that {a} gets it to {R}.",
    ),
    train_asks=(
        "Which job comes second?",
        "What is the last step?",
        "Which of the two jobs should be done after the other?",
        "What must stand at the end of the list?",
    ),
    slots={"tool": words("toolbox trolley workbench handbook timer lantern shed-key big-bowl")},
    statements=(
        "With one {tool} for both, {a} and {b} do this last: {R}.",
        "{a} and {b} first {W} and then {R}.",
        "The job that has to wait for the {tool} is to {R}, not to {W}.",
        "{a} waits for the {tool} and can then {R}.",
    ),
)

NEEDED = Frame(
    name="needed step",
    options=STEPS,
    test_setups=(
        "The show of {a} cannot begin unless they {R}. It can begin whether or not they {W}.",
        "Whether or not they {W}, the show of {a} can begin. It cannot begin unless they {R}.",
    ),
    test_asks=("Which step does the plan need?", "Which job must not be left out of the plan?"),
    train_setups=(
        "For the show, {a} has to {R}. To {W} would be nice, but the show works without it.",
        "To {W} would be nice, but the show of {a} works without it. For the show, {a} has to {R}.",
    ),
    train_asks=(
        "Which job is necessary?",
        "Which step belongs in the plan?",
        "Which of the two jobs must be done?",
        "What must {a} put on the list?",
    ),
    statements=(
        "The show of {a} needs one step: {R}.",
        "For the show, {a} must {R} and need not {W}.",
        "The necessary job in the plan of {a} is to {R}, not to {W}.",
        "Without the step to {R}, the show of {a} cannot begin.",
    ),
)

NEXT = Frame(
    name="next of three",
    options=STEPS,
    test_setups=(
        "{a} has to {start}, then {R}, then {W}. The first of these is done.",
        "The last step for {a} is to {W}. Before that comes the step to {R}. The first step, to "
        "{start}, is done.",
    ),
    test_asks=("What should {a} do next?", "Which step follows now?"),
    train_setups=(
        "{a} is ready to {start}. After that it is time to {R}, and at the end to {W}.",
        "At the end {a} will {W}. At the start {a} will {start}. Between the two, it is time "
        "to {R}.",
    ),
    train_asks=(
        "Which job is the second of the three?",
        "What comes right after the start?",
        "{a} has finished the first job. Which one is next?",
        "Which step stands in the middle of the plan?",
    ),
    statements=(
        "After the step to {start}, {a} has to {R}.",
        "{a} will {start}, then {R}, and only then {W}.",
        "Once the first job is done, {a} goes on to {R}, not to {W}.",
        "The middle step in the plan of {a} is to {R}.",
    ),
    slots={
        "start": (
            "sweep the floor",
            "light the lamp",
            "clear the table",
            "call the others",
            "open the shutters",
            "heat the room",
            "find the tools",
            "unlock the shed",
        )
    },
)

CONCEPT = Concept(
    name="sequential_planning",
    frames=(FIRST, WAIT, NEEDED, NEXT),
)
