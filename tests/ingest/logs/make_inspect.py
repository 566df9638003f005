"""Run Inspect AI offline on small tasks; keep its logs and what its own reader says of them.

    python -m venv venv && venv/bin/pip install inspect-ai
    venv/bin/python tests/ingest/logs/make_inspect.py

Inspect's mock model gives prepared replies, so that no model and no network is needed. Beside
every log `<name>.oracle.json` holds ids, replies, scores and usage as `read_eval_log` gives them.
Tracebacks are taken out of the logs afterwards: they name folders of the machine.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval, task
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import (
    ChatMessageSystem,
    ChatMessageUser,
    ContentImage,
    ContentText,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.scorer import (
    Score,
    accuracy,
    choice,
    includes,
    match,
    mean,
    scorer,
    stderr,
    value_to_float,
)
from inspect_ai.solver import generate, multiple_choice, solver

HERE = Path(__file__).parent / "inspect"
NAME = "mockllm/pocket"

SIZES = [
    ("Which animal is the heaviest?", ["a wren", "a horse", "a whale", "a cat"], "C"),
    ("Which of these is a planet?", ["Saturn", "Sirius", "the Moon", "Halley"], "A"),
    ("Which number is even?", ["13", "27", "58", "91"], "C"),
    ("Which metal is liquid in a warm room?", ["iron", "gallium", "gold", "tin"], "B"),
    ("Which month has the fewest days?", ["May", "June", "July", "February"], "D"),
    ("Which of these floats on water?", ["cork", "lead", "flint", "brass"], "A"),
]


@task
def sizes() -> Task:
    """Return six questions with four options, asked twice."""
    dataset = [
        Sample(id=f"size-{i}", input=text, choices=options, target=right, metadata={"level": i % 2})
        for i, (text, options, right) in enumerate(SIZES, 1)
    ]
    return Task(dataset=dataset, solver=multiple_choice(), scorer=choice(), version="2-A")


@scorer(metrics={"words": [mean()], "polite": [accuracy()]})
def manner() -> Any:
    """Score how long and how polite a reply is, under two names."""

    async def score(state: Any, target: Any) -> Score:
        reply = state.output.completion
        return Score(value={"words": len(reply.split()), "polite": "please" in reply})

    return score


@scorer(metrics=[accuracy(), stderr()])
def graded() -> Any:
    """Score in Inspect's letters, with an explanation."""

    async def score(state: Any, target: Any) -> Score:
        reply = state.output.completion
        right = any(option in reply for option in target)
        value = "C" if right else "P" if "perhaps" in reply else "N" if not reply else "I"
        return Score(value=value, answer=reply[:12], explanation="Looked for the target.")

    return score


@solver
def failing_on(names: tuple[str, ...]) -> Any:
    """Fail for the named samples as a broken tool would."""

    async def solve(state: Any, generate: Any) -> Any:
        if str(state.sample_id) in names:
            raise RuntimeError("the sandbox did not answer")
        return state

    return solve


def dot() -> str:
    """Return a picture of 8 x 8 red dots as a data URI."""
    rows = b"".join(b"\0" + b"\xd0\x20\x20" * 8 for _ in range(8))
    size = (8).to_bytes(4, "big") * 2
    parts = ((b"IHDR", size + b"\x08\x02\0\0\0"), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    body = b"".join(
        len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
        for kind, data in parts
    )
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()
    return f"data:image/png;base64,{picture}"


RIDDLES = [
    Sample(id=1, input="What comes after Monday?", target="Tuesday"),
    Sample(id=2, input="Name a colour of the flag of Japan.", target=["white", "red"]),
    Sample(id=3, input="Say nothing.", target="nothing"),
    Sample(
        id="chat",
        input=[
            ChatMessageSystem(content="You answer in one word."),
            ChatMessageUser(content="Naïve or not: is 7 prime? 🙂"),
        ],
        target="yes",
        metadata={"source": {"book": "primes", "page": 7}},
    ),
    Sample(
        id="picture",
        input=[
            ChatMessageUser(
                content=[ContentText(text="Which colour is this?"), ContentImage(image=dot())]
            )
        ],
        target="red",
    ),
    Sample(id="broken", input="This one fails.", target="x"),
    Sample(id="filtered", input="This one is filtered.", target="x"),
    Sample(id="long", input="Count for ever.", target="forever"),
]

REPLIES = {
    "What comes after Monday?": ("It is Tuesday.", "stop"),
    "Name a colour of the flag of Japan.": ("perhaps blue, if you please", "stop"),
    "Say nothing.": ("", "stop"),
    "Naïve or not: is 7 prime? 🙂": ("yes — “prime” it is", "stop"),
    "Which colour is this?": ("red", "stop"),
    "This one is filtered.": ("", "content_filter"),
    "Count for ever.": ("1 2 3 4 5 6 7 8 9", "max_tokens"),
}


@task
def riddles() -> Task:
    """Return free questions under four scorers; one sample fails, one is filtered, one cut."""
    return Task(
        dataset=RIDDLES,
        solver=[failing_on(("broken",)), generate(temperature=0.5, max_tokens=9)],
        scorer=[match(), includes(), manner(), graded()],
    )


def replies(messages: list[Any], *_: Any) -> ModelOutput:
    """Return the prepared reply to the last message."""
    asked = messages[-1].text
    if asked in REPLIES:
        text, why = REPLIES[asked]
    else:
        place = next(i for i, (question, *_) in enumerate(SIZES) if question in asked)
        text = ["ANSWER: C", "I say ANSWER: A", "ANSWER: C", "gallium, I think"][place % 4]
        why = "stop"
    output = ModelOutput.from_content(NAME, text, stop_reason=why)
    read, wrote = len(asked) // 4, len(text) // 4
    output.usage = ModelUsage(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
    return output


@solver
def dying_at(name: str) -> Any:
    """End the process at one sample, as a kill would."""

    async def solve(state: Any, generate: Any) -> Any:
        if state.sample_id == name:
            os._exit(9)
        return await generate(state)

    return solve


def killed(folder: str) -> None:
    """Run a task that dies at its fourth sample; Inspect leaves a log without a header."""
    dataset = [Sample(id=f"n{i}", input=question, target=answer) for i, (question, answer) in
               enumerate([(q, t) for q, _, t in SIZES])]  # fmt: skip
    alone = Task(name="killed", dataset=dataset, solver=dying_at("n4"), scorer=includes())
    eval(alone, model=get_model(NAME, custom_outputs=replies), log_dir=folder, display="none",
         max_samples=1, log_buffer=1)  # fmt: skip


def oracle(path: Path) -> dict[str, Any]:
    """Return what Inspect's own reader says of a log."""
    log = read_eval_log(str(path))
    number = value_to_float()
    samples = [
        {
            "id": sample.id,
            "epoch": sample.epoch,
            "completion": sample.output.completion,
            "stop_reason": sample.output.choices[0].stop_reason if sample.output.choices else None,
            "error": sample.error.message if sample.error else None,
            "usage": {name: usage.model_dump() for name, usage in sample.model_usage.items()},
            "scores": {
                name: (
                    {key: number(part) for key, part in score.value.items()}
                    if isinstance(score.value, dict)
                    else number(score.value)
                )
                for name, score in (sample.scores or {}).items()
            },
        }
        for sample in log.samples or []
    ]
    results = [
        {"name": score.name, "scorer": score.scorer, "scored": score.scored_samples,
         "metrics": {name: metric.value for name, metric in score.metrics.items()}}
        for score in (log.results.scores if log.results else [])
    ]  # fmt: skip
    return {"status": log.status, "task": log.eval.task, "model": log.eval.model,
            "samples": samples, "results": results}  # fmt: skip


def without_tracebacks(value: Any) -> Any:
    """Return a JSON value in which no traceback says anything."""
    if isinstance(value, list):
        return [without_tracebacks(part) for part in value]
    if isinstance(value, dict):
        return {
            name: "(left out)" if name.startswith("traceback") else without_tracebacks(part)
            for name, part in value.items()
        }
    return value


def shortened(data: bytes) -> bytes:
    """Return a JSON text without tracebacks and spaces."""
    value = without_tracebacks(json.loads(data))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def copied(made: Path, target: Path) -> None:
    """Copy a log without tracebacks, an archive member by member and as compressed as it was."""
    if made.suffix == ".json":
        target.write_bytes(shortened(made.read_bytes()))
        return
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            stamped = zipfile.ZipInfo(member.filename, member.date_time)
            stamped.compress_type = member.compress_type
            new.writestr(stamped, shortened(old.read(member)))


def keep(folder: Path, name: str) -> None:
    """Copy the only log of a folder here and write its oracle."""
    [made] = list(folder.iterdir())
    target = HERE / f"{name}{made.suffix}"
    copied(made, target)
    text = json.dumps(oracle(target), ensure_ascii=False, indent=1, sort_keys=True)
    (HERE / f"{target.name}.oracle.json").write_text(text + "\n", "utf-8")


def main() -> None:
    """Make every log anew."""
    HERE.mkdir(exist_ok=True)
    for made, name, form, epochs in (
        (sizes, "choice", "eval", 2),
        (riddles, "free", "eval", 1),
        (riddles, "free", "json", 1),
    ):
        with tempfile.TemporaryDirectory() as folder:
            eval(made(), model=get_model(NAME, custom_outputs=replies), log_dir=folder,
                 log_format=form, epochs=epochs, fail_on_error=False, display="none")  # fmt: skip
            keep(Path(folder), name)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, "killed", folder], check=False)
        keep(Path(folder), "killed")


if __name__ == "__main__":
    killed(sys.argv[2]) if sys.argv[1:2] == ["killed"] else main()
