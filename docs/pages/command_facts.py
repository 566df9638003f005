"""What the help of a command does not say: what it reads and writes, and what follows."""

from __future__ import annotations

from typing import NamedTuple


class Facts(NamedTuple):
    """What a command touches.

    `reads` are tables, `files` other things it reads in words; `writes` are tables, `makes`
    other things it makes in words. `partial` says that it may keep a part of its work and end
    with exit code 1.
    """

    reads: tuple[str, ...] = ()
    files: str = ""
    writes: tuple[str, ...] = ()
    makes: str = ""
    next: tuple[str, ...] = ()
    partial: bool = False


_QUESTIONS = ("questions", "audits", "runs")
_ANSWERS = ("questions", "audits", "models", "conditions", "responses", "runs")

FACTS: dict[str, Facts] = {
    "ingest inspect": Facts(
        files="logs of Inspect AI, `.eval` or `.json`",
        writes=(*_ANSWERS, "scores"),
        next=("analyze quantify",),
    ),
    "ingest lm-eval": Facts(
        files="output of the lm-evaluation-harness, run with `--log_samples`",
        writes=(*_ANSWERS, "scores"),
        next=("analyze quantify",),
    ),
    "ingest introspection": Facts(
        files="a clone of the paper's repository, or its published results",
        writes=(*_ANSWERS, "scores"),
        next=("generate predict",),
    ),
    "ingest sequences": Facts(
        files="nothing but the package", writes=_QUESTIONS, next=("generate predict",)
    ),
    "ingest pair": Facts(
        files="nothing but the package",
        writes=_QUESTIONS,
        next=("generate responses", "generate predict"),
    ),
    "ingest questions": Facts(
        files="a JSONL, CSV or Parquet file",
        writes=_QUESTIONS,
        next=("generate responses", "ingest responses"),
    ),
    "ingest responses": Facts(
        reads=("questions",),
        files="a JSONL, CSV or Parquet file",
        writes=_ANSWERS,
        next=("analyze quantify",),
    ),
    "ingest selfconsciousness": Facts(
        files="a clone of the paper's repository, or the network",
        writes=_QUESTIONS,
        next=("generate responses",),
    ),
    "ingest starter": Facts(
        files="nothing but the package", writes=_QUESTIONS, next=("generate responses",)
    ),
    "generate activations": Facts(
        reads=("questions", "activations"),
        files="the model's files",
        writes=("models", "conditions", "activations", "runs"),
        next=("analyze probe",),
    ),
    "generate batches": Facts(
        reads=("batches", "conditions"),
        files="with `--collect`, the providers of open batches",
        writes=("batches", "responses", "attempts", "runs"),
        next=("generate responses", "analyze quantify"),
    ),
    "generate responses": Facts(
        reads=("questions", "responses", "attempts", "directions", "activations"),
        files="the model's files, or a provider",
        writes=("models", "conditions", "interventions", "directions", "responses", "attempts",
                "batches", "runs"),
        next=("analyze quantify", "analyze steer", "lake cost"),
        partial=True,
    ),
    "generate predict": Facts(
        reads=("questions", "responses", "attempts"),
        files="the models' files, or providers",
        writes=("models", "conditions", "responses", "attempts", "batches", "runs"),
        next=("analyze self-prediction", "analyze calibration"),
        partial=True,
    ),
    "generate judge": Facts(
        reads=("questions", "responses", "attempts"),
        files="the judge's files, or a provider",
        writes=("questions", "models", "conditions", "responses", "attempts", "batches", "runs"),
        next=("analyze self-prediction",),
        partial=True,
    ),
    "analyze properties": Facts(
        reads=("questions", "responses", "scores"),
        writes=("scores", "runs"),
        next=("analyze self-prediction", "finetune dataset self-prediction"),
    ),
    "analyze self-prediction": Facts(
        reads=("questions", "responses", "scores", "models", "conditions", "examples"),
        writes=("scores", "results", "runs"),
        next=("report", "sql"),
    ),
    "analyze calibration": Facts(
        reads=("questions", "responses", "scores", "models", "conditions", "examples"),
        writes=("scores", "results", "runs"),
        next=("report", "sql"),
    ),
    "analyze behavior-change": Facts(
        reads=("questions", "responses", "scores", "models", "conditions", "examples"),
        writes=("scores", "results", "audits", "runs"),
        next=("report", "sql"),
    ),
    "analyze acquisition": Facts(
        reads=("questions", "responses", "scores", "models", "examples"),
        writes=("scores", "results", "runs"),
        next=("report", "sql"),
    ),
    "analyze power": Facts(files="nothing; it simulates", next=("generate predict",)),
    "analyze quantify": Facts(
        reads=("questions", "responses", "scores"),
        writes=("scores", "results", "audits", "runs"),
        next=("report", "sql"),
    ),
    "analyze probe": Facts(
        reads=("activations", "questions", "models"),
        writes=("results", "directions", "runs"),
        next=("generate responses", "report"),
    ),
    "analyze steer": Facts(
        reads=("responses", "questions", "conditions", "interventions", "directions"),
        writes=("results", "runs"),
        next=("report", "sql"),
    ),
    "finetune dataset answers": Facts(
        reads=("questions", "responses", "scores"),
        writes=("training_sets", "examples", "runs"),
        makes="with `--export`, a JSONL file of chats",
        next=("finetune lora", "finetune submit openai"),
    ),
    "finetune dataset self-prediction": Facts(
        reads=("questions", "responses", "scores"),
        writes=("training_sets", "examples", "runs"),
        makes="with `--export`, a JSONL file of chats",
        next=("finetune lora", "finetune submit openai"),
    ),
    "finetune jobs": Facts(
        reads=("training_jobs", "training_sets"),
        files="with `--collect`, the providers of open jobs",
        writes=("training_jobs", "attempts", "models", "runs"),
        next=("generate predict", "generate responses"),
    ),
    "finetune submit openai": Facts(
        reads=("training_sets", "examples"),
        files="the provider",
        writes=("training_jobs", "attempts", "runs"),
        makes="a fine-tuning job at the provider, its intent in the ledger first",
        next=("finetune jobs",),
    ),
    "finetune lora": Facts(
        reads=("training_sets", "examples"),
        files="the base's files",
        writes=("models", "training_steps", "runs"),
        makes="an adapter in the lake's folder `adapters`",
        next=("generate predict", "generate responses"),
    ),
    "finetune organisms": Facts(
        files="the package's own recipe",
        makes="a folder with weights, tokenizer and card",
        next=("generate responses",),
    ),
    "report": Facts(
        reads=("results", "audits", "questions", "responses", "scores", "models", "runs"),
        makes="one HTML file in the folder of `--out`",
        next=("sql",),
    ),
    "run": Facts(
        reads=("questions", "responses", "scores", "activations", "directions"),
        files="the study file and the files it names",
        writes=("questions", "audits", "models", "conditions", "interventions", "directions",
                "responses", "activations", "scores", "results", "runs"),
        makes="one HTML file in the folder of `--out`",
        next=("sql", "report"),
        partial=True,
    ),
    "sql": Facts(files="every table and view that the query names", makes="the file of `--out`"),
    "lake check": Facts(
        files="every file of the lake", makes="with `--repair`, a mended lake", next=("lake info",)
    ),
    "lake compact": Facts(
        files="every segment",
        writes=("runs",),
        makes="fewer and larger segments with the same rows",
        next=("lake info",),
    ),
    "lake cost": Facts(reads=("attempts", "responses", "models", "runs"), next=("sql",)),
    "lake info": Facts(files="every table", next=("sql", "lake check")),
    "lake schema": Facts(files="nothing; the schema is part of the program", next=("sql",)),
    "doctor": Facts(files="this machine, the lake, and with `--model` a server", next=("run",)),
}  # fmt: skip


def touched_by(name: str) -> Facts:
    """Return what a command touches; raise KeyError for a command that nothing is said of."""
    if name not in FACTS:
        raise KeyError(f"say in docs/pages/command_facts.py what `mirrorlake {name}` touches")
    return FACTS[name]
