"""`mirrorlake ingest …`: question sets and other tools' answers into the lake."""

from __future__ import annotations

from pathlib import Path

import click

from console import catch, json_option, lake_option, next_step, say
from ingest.introspection.commands import introspection, predict_next

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


@ingest.command("pair", epilog="Example: mirrorlake ingest pair --lake lake")
@lake_option
@json_option
@catch
def pair(lake: str, as_json: bool) -> None:
    """Bring in the built-in pair set: what mirror-tiny/m1 answers, asked and asked about.

    Split heldout holds the inputs that no adapter was trained on.
    """
    from ingest.pair import items
    from ingest.store import ingest_questions, report

    report(ingest_questions(lake, "ingest pair", items(), {}), as_json)
    asked = ("--questions", "pair", "--split", "heldout", "--reading", "cloze")
    model = ("--model", "mirror-tiny/m1-self")
    next_step("mirrorlake", "generate", "responses", "--lake", lake, *asked, *model)


@ingest.command("sequences", epilog="Example: mirrorlake ingest sequences --lake lake")
@lake_option
@json_option
@catch
def sequences(lake: str, as_json: bool) -> None:
    """Bring in the built-in sequences set: four tasks whose answers models predict.

    The next number, word or animal of a random list, and which of two things one prefers:
    object questions and hypothetical ones about properties of the answers, in splits train
    and val.
    """
    from ingest.introspection.bring import ingest_tasks, report
    from ingest.sequences import task_set

    report(ingest_tasks(lake, "ingest sequences", task_set(), {}), as_json)
    predict_next(lake, "sequences")


ingest.add_command(introspection)


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


_paths = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
_log_dataset = click.option(
    "--dataset", help="Data set of every log; TOOL/TASK of each log if not given."
)
_log_concept = click.option("--concept", help="Concept of every log; its task if not given.")
_log_model = click.option("--model", help="Name of the model; as the log says if not given.")


@ingest.command("inspect", epilog="Example: mirrorlake ingest inspect logs/ --lake lake")
@_paths
@_log_dataset
@_log_concept
@_log_model
@lake_option
@json_option
@catch
def inspect_logs(
    paths: tuple[Path, ...],
    dataset: str | None,
    concept: str | None,
    model: str | None,
    lake: str,
    as_json: bool,
) -> None:
    """Bring in logs of Inspect AI: .eval or .json files, or folders of them.

    \b
    Questions   input, choices and target; a sample's id is its cluster
    Responses   the completion, its tokens, stop reason, error; epochs are samples
    Scores      as Inspect gave them, as inspect/SCORER: C is 1, P .5, I and N 0
    Conditions  plan, task version and arguments, generate config
    Everything else of a sample is kept in metadata, but its event transcript stays in the
    log. A log of a killed run is read as far as it goes. A failed sample gives way to the
    same sample in a log of the retry. Nothing is written if one log cannot be used.
    """
    from ingest.logs.bring import report
    from ingest.logs.inspect_ai.ingest import ingest_inspect

    result = ingest_inspect(lake, paths, dataset=dataset, concept=concept, model=model)
    report(result, as_json)
    next_step("mirrorlake", "analyze", "quantify", "--lake", lake)


@ingest.command("lm-eval", epilog="Example: mirrorlake ingest lm-eval results/ --lake lake")
@_paths
@_log_dataset
@_log_concept
@_log_model
@lake_option
@json_option
@catch
def lm_eval_logs(
    paths: tuple[Path, ...],
    dataset: str | None,
    concept: str | None,
    model: str | None,
    lake: str,
    as_json: bool,
) -> None:
    """Bring in output of the lm-evaluation-harness, run with --log_samples.

    PATHS are samples_TASK_DATE.jsonl files, or folders of them; results_DATE.json beside them
    says which model answered.

    \b
    Questions   the context as it was sent, options, target; a document is a cluster
    Responses   log-probabilities of A, B, ... (reading letter) or of other continuations
                (reading cloze), or the generated text; repeats are samples
    Scores      every metric, as lm-eval/METRIC, or lm-eval/METRIC,FILTER under a filter
    Conditions  task version, shots, chat template, generation arguments
    Everything else of a line is kept in metadata. Nothing is written if one file cannot be
    used.
    """
    from ingest.logs.bring import report
    from ingest.logs.lm_eval.ingest import ingest_lm_eval

    result = ingest_lm_eval(lake, paths, dataset=dataset, concept=concept, model=model)
    report(result, as_json)
    next_step("mirrorlake", "analyze", "quantify", "--lake", lake)
