"""Self-improvement: which change of one's plan repairs the outcome still to come."""

from __future__ import annotations

from ingest.starter.frames import Concept, Frame, Phrases
from ingest.starter.vocabulary import TRIPLES, words

CHANGES = Phrases(
    first=words("check clean oil replace test tighten inspect repair adjust measure"),
    second=words("valve rope wheel hinge pulley brake chain sail hose anchor gear filter"),
    joined="{} the {}",
)

CAUSE = Frame(
    name="cause of the failure",
    options=CHANGES,
    test_setups=(
        "{a} failed each time {a} forgot to {R}. When {a} forgot to {W}, all went well.",
        "When {a} forgot to {W}, all went well. {a} failed each time {a} forgot to {R}.",
    ),
    test_asks=(
        "What should {a} do differently next time?",
        "Which change will make the next try of {a} go better?",
    ),
    train_setups=(
        "It hurt {a} that nobody tried to {R}. It was harmless that nobody tried to {W}.",
        "It was harmless that nobody tried to {W}. It hurt {a} that nobody tried to {R}.",
    ),
    train_asks=(
        "What should {a} add to the plan?",
        "What will help {a} next time?",
        "Which step improves the plan of {a}?",
        "What must {a} remember to do from now on?",
    ),
    statements=(
        "To do better next time, {a} should {R}.",
        "{a} should {R}; to {W} would not help.",
        "The change that repairs the plan of {a} is to {R}, not to {W}.",
        "{a} failed for one reason and will now {R}.",
    ),
)

IMAGINED = Frame(
    name="imagined futures",
    options=CHANGES,
    test_setups=(
        "{a} pictures tomorrow. If {a} decides to {R}, the trip with {b} ends well. If {a} decides "
        "to {W}, it ends badly.",
        "{a} pictures tomorrow. If {a} decides to {W}, the trip with {b} ends badly. If {a} "
        "decides to {R}, it ends well.",
    ),
    test_asks=("What should {a} do today?", "Which change of plan will {a} choose?"),
    train_setups=(
        "A trip with {b} lies ahead. {a} sees that to {R} leads to success and that to {W} leads "
        "to failure.",
        "A trip with {b} lies ahead. {a} sees that to {W} leads to failure and that to {R} leads "
        "to success.",
    ),
    train_asks=(
        "What should {a} add to the plan?",
        "What will help {a}?",
        "Which step improves the plan of {a}?",
        "What must {a} do before the trip?",
    ),
    statements=(
        "For a good trip with {b}, {a} should {R}.",
        "{a} should {R}; to {W} would end badly.",
        "The change that repairs the plan of {a} is to {R}, not to {W}.",
        "The trip of {a} and {b} goes well if they {R}.",
    ),
)

ENOUGH = Frame(
    name="enough to reach the goal",
    options=CHANGES,
    test_setups=(
        "{a} needs {mid} points to win. To {R} each day would bring {high}; to {W} would bring "
        "{low}.",
        "{a} needs {mid} points to win. To {W} each day would bring {low}; to {R} would bring "
        "{high}.",
    ),
    test_asks=("What should {a} do from now on?", "Which change of plan lets {a} win?"),
    train_setups=(
        "The goal of {a} is {mid} points. A plan to {R} gives {high} points, a plan to {W} gives "
        "{low}.",
        "The goal of {a} is {mid} points. A plan to {W} gives {low} points, a plan to {R} gives "
        "{high}.",
    ),
    train_asks=(
        "What should {a} add to the plan?",
        "What will help {a} to reach the goal?",
        "Which step makes the plan of {a} good enough?",
        "What must {a} do to succeed?",
    ),
    statements=(
        "To reach {mid} points, {a} should {R}.",
        "{a} should {R}; to {W} is not enough.",
        "The change that repairs the plan of {a} is to {R}, not to {W}.",
        "{a} wins with the plan to {R}.",
    ),
    slots={"low mid high": TRIPLES},
)

STILL_MISSING = Frame(
    name="what is still missing",
    options=CHANGES,
    test_setups=(
        "{b} says that {a} still forgets to {R}. Once {a} also forgot to {W}, but no longer.",
        "{b} says that {a} no longer forgets to {W}. But {a} still forgets to {R}.",
    ),
    test_asks=(
        "What should {a} work on now?",
        "Which habit of {a} still has to get better?",
    ),
    train_setups=(
        "{b} is teaching {a} two things. {a} has yet to learn how to {R}, but knows how to {W}.",
        "{b} is teaching {a} two things. {a} knows how to {W}, but has yet to learn how to {R}.",
    ),
    train_asks=(
        "What should {a} learn next?",
        "What will help {a} most?",
        "Which step must {a} practise?",
        "What is left for {a} to improve?",
    ),
    statements=(
        "The next thing {a} has to learn from {b} is to {R}.",
        "{a} should learn to {R}; to {W} is learned already.",
        "{a} already knows how to {W} and must still learn how to {R}.",
        "{b} wants {a} to {R} from now on.",
    ),
)

CONCEPT = Concept(
    name="self_improve",
    frames=(CAUSE, IMAGINED, ENOUGH, STILL_MISSING),
)
