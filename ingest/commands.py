"""`mirrorlake ingest …`: question sets and other tools' answers into the lake."""

from __future__ import annotations

from pathlib import Path

import click

from console import catch, json_option, lake_option, next_step, say

_map_option = click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="THEIRS=OURS",
    help="Read column THEIRS as OURS; give it as often as needed.",
)
_file = click.argument("file", type=click.Path(path_type=Path))


def _ask_next(lake: str, dataset: str) -> None:
    next_step("mirrorlake", "generate", "responses", "--lake", lake, "--questions", dataset,
              "--model", "MODEL")  # fmt: skip


@click.group("ingest")
def ingest() -> None:
    """Bring question sets and other tools' answers into the lake."""


@ingest.command("starter", epilog="Example: mirrorlake ingest starter --lake lake")
@lake_option
@json_option
@catch
def starter(lake: str, as_json: bool) -> None:
    """Bring in the built-in starter set: ten concepts, written for this project."""
    from ingest.starter import items
    from ingest.store import ingest_questions, report

    report(ingest_questions(lake, "ingest starter", items(), {}), as_json)
    _ask_next(lake, "starter")


@ingest.command(
    "selfconsciousness",
    epilog="Example: mirrorlake ingest selfconsciousness --source SelfConsciousness --lake lake",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="Folder of a clone of OpenCausaLab/SelfConsciousness; downloaded if not given.",
)
@lake_option
@json_option
@catch
def selfconsciousness(source: Path | None, lake: str, as_json: bool) -> None:
    """Bring in the question sets of From Imitation to Introspection.

    The testing sets become the data set selfconsciousness, the fine-tuning sets of its fourth
    step selfconsciousness/acquisition. Any subset of the files will do. Without --source the
    files are downloaded at one commit and verified.
    """
    from ingest.pinned import selfconsciousness as pinned
    from ingest.selfconsciousness import source_rows
    from ingest.store import ingest_questions, report

    rows = source_rows(source, Path(lake), say)
    config = {"commit": pinned().commit}
    report(ingest_questions(lake, "ingest selfconsciousness", rows, config), as_json)
    _ask_next(lake, "selfconsciousness")


@ingest.command(
    "questions",
    epilog="Example: mirrorlake ingest questions mine.csv --map prompt=question --lake lake",
)
@_file
@click.option("--dataset", help="Name of the data set; the file's name if not given.")
@click.option("--concept", help="Concept of every row.")
@_map_option
@lake_option
@json_option
@catch
def questions(
    file: Path,
    dataset: str | None,
    concept: str | None,
    mapping: tuple[str, ...],
    lake: str,
    as_json: bool,
) -> None:
    """Bring in your own questions from JSONL, CSV or Parquet.

    \b
    Columns:
      question   the text without its options (or messages: list of {role, content})
      choices    list of options, or its JSON text; or columns choice_a, choice_b, ...
      answer     letter of the right option, or its text
      concept    what the question is about; the data set's name if absent
      group_id   questions that belong together, such as paraphrases
      group_kind what they share: paraphrase (if absent), state, dialogue, ...
      split, task, licence   kept as they are
    Other columns are kept in metadata.
    """
    from ingest.questions import file_rows
    from ingest.store import ingest_questions, report

    name = file.stem if dataset is None else dataset
    rows = file_rows(file, name, concept, mapping, say)
    config = {"file": file.name, "dataset": name, "concept": concept, "map": list(mapping)}
    report(ingest_questions(lake, "ingest questions", rows, config), as_json)
    _ask_next(lake, name)


@ingest.command(
    "responses",
    epilog="Example: mirrorlake ingest responses answers.csv --map output=text --lake lake",
)
@_file
@click.option("--dataset", help="Data set of the questions; the file's name if not given.")
@click.option("--concept", help="Concept of every question the file brings along.")
@click.option("--model", help="Model of every row, where the file has no column model.")
@_map_option
@lake_option
@json_option
@catch
def responses(
    file: Path,
    dataset: str | None,
    concept: str | None,
    model: str | None,
    mapping: tuple[str, ...],
    lake: str,
    as_json: bool,
) -> None:
    """Bring in answers that another tool collected, with or without their questions.

    \b
    Columns:
      question_id        a question of the lake; or
      question, choices  its text and options: a question of the data set, or a new one
                         that the file describes as for `ingest questions`
      model              who answered
      text               the raw reply, and/or
      choice_logprobs    natural-log probability of each option, in stored order
      variant            order in which the options were shown, such as BA; as stored if absent
      sample_index       number of the sample; counted if absent
      status             ok, refused, filtered, truncated, too_long, failed; ok if absent
      persona, system_prompt, temperature, top_p, top_k, max_tokens, seed   how it was asked
      prompt_tokens, completion_tokens, cost_usd, finish_reason, served_model, error
    """
    from ingest.imported import ingest_responses, report_responses

    result = ingest_responses(
        lake, file, dataset=dataset, concept=concept, model=model, mapping=mapping
    )
    report_responses(result, as_json)
    next_step("mirrorlake", "analyze", "quantify", "--lake", lake)
