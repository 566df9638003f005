"""Every table and column of the lake, declared once.

Parquet schemas, the ledger's small tables, DuckDB views, the documentation and
`mirrorlake lake schema` are all made from this module. `contract` marks names that people's
SQL relies on: they may gain neighbours but are never renamed or dropped. A table may gain
nullable columns at any time; rows written before have NULL there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from warehouse.errors import InputError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1

Store = Literal["segments", "ledger"]


@dataclass(frozen=True)
class Column:
    """One column: its DuckDB type, what it means, and whether it may be empty."""

    name: str
    type: str
    doc: str
    nullable: bool = True
    contract: bool = False


@dataclass(frozen=True)
class Table:
    """One table: what a row is, where rows live, and which columns name a row.

    `version` names the columns that order versions of one key (the newest is current);
    `replace_by` names the columns whose newest version replaces all older rows together.
    Files are in the order of key and version, except where `slices` names columns: what has
    equal values there is read together, and stands together in every file.
    """

    name: str
    doc: str
    store: Store
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    version: tuple[str, ...] = ()
    replace_by: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, ...]:
        """Return the columns in whose order files hold the rows."""
        rest = (name for name in (*self.key, *self.version) if name not in self.slices)
        return (*self.slices, *rest)

    @property
    def vectors(self) -> list[str]:
        """Return the columns that hold vectors."""
        return [column.name for column in self.columns if column.type == "FLOAT[]"]

    @property
    def names(self) -> list[str]:
        """Return the column names in order."""
        return [column.name for column in self.columns]


def _required(name: str, type: str, doc: str, contract: bool = True) -> Column:
    return Column(name, type, doc, nullable=False, contract=contract)


def _contract(name: str, type: str, doc: str) -> Column:
    return Column(name, type, doc, contract=True)


QUESTIONS = Table(
    "questions",
    "One prompt as asked. The newest row of a `question_id` is current.",
    "segments",
    ("question_id",),
    (
        _required("question_id", "VARCHAR", "hash of (dataset, messages, choices)"),
        _required("dataset", "VARCHAR", "name used by `--questions`"),
        _contract("concept", "VARCHAR", "what the question is about; the unit of reporting"),
        Column("task", "VARCHAR", "task within the dataset, where it has tasks"),
        _contract("split", "VARCHAR", "`test`, `train` or the source's own name"),
        _required("group_id", "VARCHAR", "cluster: paraphrase family, dialogue, planning state"),
        Column("group_kind", "VARCHAR", "paraphrase, state, dialogue, stem; NULL if not known"),
        _required("messages", "VARCHAR", "JSON list of {role, content}, options left out", False),
        _required("choices", "VARCHAR[]", "options in stored order; empty for free answers", False),
        _contract("answer", "VARCHAR", "letter of the right option in stored order, or the text"),
        _contract("source_file", "VARCHAR", "file within the source, never a machine path"),
        Column("source_row", "BIGINT", "1-based row of the source file"),
        Column("source_digest", "VARCHAR", "SHA-256 of the source file"),
        Column("licence", "VARCHAR", "licence of the source, as far as it is known"),
        Column("property", "VARCHAR", "property of an answer that this question asks for"),
        Column("object_id", "VARCHAR", "question whose answer a hypothetical question asks about"),
        Column("metadata", "VARCHAR", "JSON object of the source's other fields"),
        Column("run_id", "VARCHAR", "run that wrote the row"),
        _required("ingested_at", "TIMESTAMP", "when the row was written (UTC)", False),
    ),
    version=("ingested_at",),
)

RESPONSES = Table(
    "responses",
    "One sample for one question, variant, reading and condition; the newest attempt is current.",
    "segments",
    ("request_key",),
    (
        _required("request_key", "VARCHAR", "hash of (question, variant, reading, condition, i)"),
        _required("question_id", "VARCHAR", "the question"),
        _required("condition_id", "VARCHAR", "how it was put"),
        _required("model_id", "VARCHAR", "who answered"),
        _required("variant", "VARCHAR", "order in which the options were shown, `-` if not shown"),
        _required(
            "reading",
            "VARCHAR",
            "`letter`, `cloze` or `text`; `score` where only one is known",
            False,
        ),
        _required("sample_index", "INTEGER", "0-based number of the sample"),
        _required("attempt", "INTEGER", "1-based number of the try", False),
        _required(
            "status", "VARCHAR", "ok, refused, filtered, truncated, too_long, failed, unknown"
        ),
        Column(
            "error_class",
            "VARCHAR",
            "of a failed row: network, rate, server, request, expired, engine",
        ),
        Column("error", "VARCHAR", "the error in one sentence"),
        _contract("text", "VARCHAR", "the raw reply; NULL for log-probability readings"),
        Column("choice_logprobs", "DOUBLE[]", "natural-log probability of each stored option"),
        Column(
            "kl",
            "DOUBLE",
            "of a steered answer: KL divergence (nats) of its next-token distribution from the "
            "unsteered one",
        ),
        Column("finish_reason", "VARCHAR", "as the engine gave it"),
        Column("prompt_tokens", "INTEGER", "tokens read"),
        Column("completion_tokens", "INTEGER", "tokens written (reasoning included) or scored"),
        Column("cache_read_tokens", "INTEGER", "of the prompt: read from the provider's cache"),
        Column("cache_write_tokens", "INTEGER", "of the prompt: written to the provider's cache"),
        Column("reasoning_tokens", "INTEGER", "of the completion: reasoning that is not shown"),
        _contract("cost_usd", "DOUBLE", "price in US dollars; 0 for local models, NULL if unknown"),
        Column("price_table", "VARCHAR", "version of the price table behind the price"),
        Column("served_model", "VARCHAR", "model name the server reported"),
        Column("system_fingerprint", "VARCHAR", "the provider's name for its configuration"),
        Column("engine_version", "VARCHAR", "software that answered, where it says so"),
        Column("batch_invariant", "BOOLEAN", "whether answers do not depend on batch shapes"),
        Column("batch_id", "VARCHAR", "batch through which it was asked"),
        Column("source_file", "VARCHAR", "file an imported answer came from"),
        Column("metadata", "VARCHAR", "JSON object of the source's other fields"),
        _required("origin", "VARCHAR", "`generated` or `imported`", False),
        Column("run_id", "VARCHAR", "run that wrote the row"),
        _required("created_at", "TIMESTAMP", "when the answer was complete (UTC)", False),
    ),
    version=("attempt",),
)

ATTEMPTS = Table(
    "attempts",
    "One try at a request that may have cost money.",
    "segments",
    ("request_key", "attempt"),
    (
        _required("request_key", "VARCHAR", "the request", False),
        _required("attempt", "INTEGER", "1-based number of the try", False),
        _required("started_at", "TIMESTAMP", "when it was sent (UTC)", False),
        Column("outcome", "VARCHAR", "status of the reply, or `unknown`"),
        Column("cost_usd", "DOUBLE", "price in US dollars, NULL if unknown"),
        Column("max_cost_usd", "DOUBLE", "most it can have cost, NULL if unknown"),
        Column("model_id", "VARCHAR", "who was asked"),
        Column("batch_id", "VARCHAR", "batch it was part of"),
        Column("run_id", "VARCHAR", "run that sent it"),
    ),
)

ACTIVATIONS = Table(
    "activations",
    "One vector read inside a model.",
    "segments",
    ("question_id", "variant", "condition_id", "site", "layer", "head", "position"),
    (
        _required("question_id", "VARCHAR", "the question"),
        _required("variant", "VARCHAR", "order of the options, and after `+` the choice appended"),
        _required("condition_id", "VARCHAR", "how it was put"),
        _required("model_id", "VARCHAR", "whose activation it is"),
        _required("site", "VARCHAR", "resid_pre, resid_post, attn_head_in, mlp_out"),
        _required("layer", "INTEGER", "0-based layer"),
        _contract("head", "INTEGER", "0-based head, NULL where the site has none"),
        _required("position", "VARCHAR", "`last` of the prompt, or last of the appended `choice`"),
        Column("token", "VARCHAR", "text of that token"),
        _required("dim", "INTEGER", "length of the vector"),
        _required("vector", "FLOAT[]", "the activation, in float32"),
        Column("run_id", "VARCHAR", "run that wrote the row"),
    ),
    slices=("condition_id", "site", "layer"),
)

DIRECTIONS = Table(
    "directions",
    "A unit vector and how it was made.",
    "segments",
    ("direction_id",),
    (
        _required("direction_id", "VARCHAR", "hash of how it was made"),
        _required("kind", "VARCHAR", "mean_difference, probe, pca, random, concept_mean"),
        _required("model_id", "VARCHAR", "model whose space it lives in"),
        _required("site", "VARCHAR", "as in activations"),
        _required("layer", "INTEGER", "0-based layer"),
        _contract("head", "INTEGER", "0-based head or NULL"),
        _contract("concept", "VARCHAR", "what it is meant to point at"),
        Column("name", "VARCHAR", "name used by `--intervene`"),
        Column("label", "VARCHAR", "what it tells apart: `right` or `answer`"),
        Column("norm", "DOUBLE", "length before scaling to one"),
        Column("sigma", "DOUBLE", "standard deviation of the fitted rows' projections on it"),
        Column("split", "VARCHAR", "rows that it was fitted on"),
        Column("params", "VARCHAR", "JSON object of the remaining recipe"),
        _required("vector", "FLOAT[]", "the unit vector", False),
        Column("run_id", "VARCHAR", "run that wrote the row"),
    ),
)

SCORES = Table(
    "scores",
    "One reading of a response by one version of a scorer.",
    "segments",
    ("request_key", "scorer"),
    (
        _required("request_key", "VARCHAR", "the response"),
        _required(
            "scorer", "VARCHAR", "`letter`, `cloze`, `parsed`, or another tool's as `tool/name`"
        ),
        _required("version", "INTEGER", "version of the scorer", False),
        _contract("value", "DOUBLE", "1 right, 0 wrong, 0.5 an exact tie, NULL if not valid"),
        _contract("label", "VARCHAR", "letter, in stored order, of the option; a tool's own label"),
        _required("valid", "BOOLEAN", "whether the response could be read"),
        Column("reason", "VARCHAR", "why it could not: refused, truncated, unparseable, …"),
        Column("margin", "DOUBLE", "log-probability of the right option minus the best wrong one"),
        Column("place", "INTEGER", "0-based place, as shown, of the option chosen"),
        Column("detail", "VARCHAR", "JSON object: what else another tool's scorer said"),
        _required("attempt", "INTEGER", "attempt of the response that was read", False),
        Column("run_id", "VARCHAR", "run that wrote the row"),
    ),
    version=("version", "attempt"),
)

RESULTS = Table(
    "results",
    "One estimate with its uncertainty. A re-run replaces all rows of (analysis, study, params).",
    "segments",
    (
        "analysis",
        "study",
        "params",
        "model_id",
        "other_model_id",
        "condition_id",
        "other_condition_id",
        "concept",
        "other_concept",
        "task",
        "reading",
        "site",
        "layer",
        "head",
        "direction_id",
        "dose",
        "intervention",
        "metric",
    ),
    (
        _required("analysis", "VARCHAR", "module that made it"),
        _required("study", "VARCHAR", "study it belongs to; `default` outside studies"),
        Column("dataset", "VARCHAR", "question set"),
        _contract("model_id", "VARCHAR", "the model"),
        _contract("other_model_id", "VARCHAR", "the model it is compared with"),
        Column("condition_id", "VARCHAR", "condition of the responses"),
        Column("other_condition_id", "VARCHAR", "condition of the responses compared with"),
        _contract("concept", "VARCHAR", "concept; NULL for estimates over all"),
        Column("other_concept", "VARCHAR", "concept on which a probe of `concept` is tested"),
        Column("task", "VARCHAR", "task of the questions; NULL for estimates over all"),
        Column(
            "reading",
            "VARCHAR",
            "letter, cloze or text; of an imported score its scorer; of a probe its label",
        ),
        Column("site", "VARCHAR", "as in activations, or the name of a surface baseline"),
        Column("layer", "INTEGER", "0-based layer"),
        Column("head", "INTEGER", "0-based head"),
        Column("direction_id", "VARCHAR", "direction that was steered along"),
        Column("dose", "DOUBLE", "step along it, in its standard deviations"),
        Column(
            "intervention", "VARCHAR", "what is done along it, and where, such as `add at last`"
        ),
        _required("metric", "VARCHAR", "what is estimated"),
        _contract("estimate", "DOUBLE", "the estimate; NULL with a reason if there is none"),
        _contract("ci_low", "DOUBLE", "lower end of the 95% interval"),
        _contract("ci_high", "DOUBLE", "upper end of the 95% interval"),
        Column("std_error", "DOUBLE", "clustered standard error"),
        _contract("n", "BIGINT", "questions (not rows) that enter; of a probe states"),
        _contract("n_clusters", "BIGINT", "clusters that enter"),
        _contract("n_missing", "BIGINT", "questions asked that could not be read"),
        Column("null_value", "DOUBLE", "value under no effect, such as chance"),
        _contract("p_value", "DOUBLE", "two-sided unless the method says otherwise"),
        _contract("p_adjusted", "DOUBLE", "adjusted over the family"),
        _contract("family", "VARCHAR", "family of comparisons and its adjustment"),
        _contract("method", "VARCHAR", "estimator, interval and test"),
        Column("seed", "BIGINT", "seed of the generator, where one was used"),
        Column("reason", "VARCHAR", "why the estimate or interval is NULL"),
        _required("params", "VARCHAR", "JSON object: parameters of the analysis"),
        Column("detail", "VARCHAR", "JSON object: further numbers of this estimate"),
        Column("sql", "VARCHAR", "query that lists the rows behind the estimate"),
        _required("inputs_digest", "VARCHAR", "digest of the rows that were read", False),
        Column("run_id", "VARCHAR", "run that wrote the row"),
        _required("computed_at", "TIMESTAMP", "when it was computed (UTC)", False),
    ),
    version=("computed_at",),
    replace_by=("analysis", "study", "params"),
)

MODELS = Table(
    "models",
    "A thing that answers.",
    "ledger",
    ("model_id",),
    (
        _required("model_id", "VARCHAR", "hash of engine family and digests"),
        _required("name", "VARCHAR", "name used by `--model`", False),
        _required("engine", "VARCHAR", "transformers, vllm, openai, anthropic, imported"),
        _required("base", "VARCHAR", "base model: id, or folder name"),
        _contract("adapter", "VARCHAR", "adapter on top of the base"),
        Column("revision", "VARCHAR", "revision asked for"),
        Column("weights_digest", "VARCHAR", "SHA-256 over the weight files"),
        Column("adapter_digest", "VARCHAR", "SHA-256 over the adapter files"),
        Column("tokenizer_digest", "VARCHAR", "SHA-256 of the tokenizer"),
        Column("chat_template_digest", "VARCHAR", "SHA-256 of the chat template"),
        Column("context_length", "BIGINT", "longest prompt in tokens"),
        Column("training_run", "VARCHAR", "run that trained it"),
        Column("seed", "BIGINT", "seed of that run"),
        Column("card", "VARCHAR", "JSON object: what is known about the model"),
    ),
)

CONDITIONS = Table(
    "conditions",
    "How a question is put.",
    "ledger",
    ("condition_id",),
    (
        _required("condition_id", "VARCHAR", "hash of all other columns"),
        _required("model_id", "VARCHAR", "the model"),
        _required("engine", "VARCHAR", "engine family", False),
        Column("dtype", "VARCHAR", "number format of the weights"),
        Column("base_url", "VARCHAR", "server, where there is one"),
        _required("template", "VARCHAR", "prompt template", False),
        _contract("persona", "VARCHAR", "name of the persona"),
        _contract("system_prompt", "VARCHAR", "system prompt"),
        _contract("intervention_id", "VARCHAR", "change to the forward pass"),
        _required("sampling", "VARCHAR", "JSON object; `{}` for log-probability readings"),
    ),
)

INTERVENTIONS = Table(
    "interventions",
    "One edit of the forward pass; an intervention has one or more.",
    "ledger",
    ("intervention_id", "edit"),
    (
        _required("intervention_id", "VARCHAR", "hash of all edits, without `dose`", False),
        _required("edit", "INTEGER", "0-based number of the edit", False),
        _required("site", "VARCHAR", "as in activations", False),
        _required("layer", "INTEGER", "0-based layer", False),
        Column("head", "INTEGER", "0-based head, NULL where the site has none"),
        _required(
            "positions",
            "VARCHAR",
            "`last` token of the prompt, that and the `reply`'s, or `all`",
            False,
        ),
        _required("kind", "VARCHAR", "add, add_norm_matched, project_out, replace, scale", False),
        _required("direction_id", "VARCHAR", "the direction", False),
        Column("strength", "DOUBLE", "length of the step, or the factor; NULL for project_out"),
        Column("dose", "DOUBLE", "the step in standard deviations of the direction steered"),
    ),
)

BATCHES = Table(
    "batches",
    "A batch handed, or about to be handed, to a provider.",
    "ledger",
    ("batch_id",),
    (
        _required("batch_id", "VARCHAR", "our own name of the batch", False),
        _required("model_id", "VARCHAR", "who is asked", False),
        _required("model", "VARCHAR", "name used by `--model`", False),
        _required(
            "state",
            "VARCHAR",
            "intended, creating, unknown, submitted, collected, rejected, abandoned",
            False,
        ),
        Column("remote_id", "VARCHAR", "the provider's name of the batch"),
        Column("input_file", "VARCHAR", "the provider's name of the uploaded requests"),
        _required("requests", "BIGINT", "requests in it", False),
        Column("max_cost_usd", "DOUBLE", "most it can cost, NULL if unknown"),
        _required("created_at", "TIMESTAMP", "when it was intended (UTC)", False),
        Column("submitted_at", "TIMESTAMP", "when the provider took it (UTC)"),
        Column("ended_at", "TIMESTAMP", "when its results were read (UTC)"),
        Column("counts", "VARCHAR", "JSON object: results by status"),
        Column("error", "VARCHAR", "why it was rejected or is unknown"),
        Column("run_id", "VARCHAR", "run that made it"),
    ),
)

TRAINING_SETS = Table(
    "training_sets",
    "Rows to train a model on, made from the lake.",
    "ledger",
    ("training_set_id",),
    (
        _required("training_set_id", "VARCHAR", "hash of the recipe and of the rows"),
        _required("name", "VARCHAR", "name used by `--dataset`"),
        _required("kind", "VARCHAR", "what the replies are: self-prediction, answers, …", False),
        _contract("target_model_id", "VARCHAR", "model whose answers the replies come from"),
        _required("recipe", "VARCHAR", "JSON object: all that decides the rows", False),
        _required("n_rows", "BIGINT", "number of rows", False),
        _required("rows_digest", "VARCHAR", "SHA-256 over prompts and replies in order", False),
        Column("run_id", "VARCHAR", "run that made it"),
        _required("created_at", "TIMESTAMP", "when it was made (UTC)", False),
    ),
)

TRAINING_JOBS = Table(
    "training_jobs",
    "A fine-tuning job handed, or about to be handed, to a provider.",
    "ledger",
    ("job_id",),
    (
        _required("job_id", "VARCHAR", "our own name of the job", False),
        _required("training_set_id", "VARCHAR", "the rows that it trains on", False),
        _required("model", "VARCHAR", "base model as `--base` names it", False),
        _required("model_id", "VARCHAR", "the base model", False),
        _required(
            "state",
            "VARCHAR",
            "intended, creating, unknown, submitted, succeeded, failed, rejected, abandoned",
            False,
        ),
        Column("remote_id", "VARCHAR", "the provider's name of the job"),
        Column("input_file", "VARCHAR", "the provider's name of the uploaded rows"),
        _required("settings", "VARCHAR", "JSON object: epochs, batch size, seed, suffix", False),
        _required("n_rows", "BIGINT", "rows that are uploaded", False),
        Column("trained_tokens", "BIGINT", "tokens that the provider billed"),
        Column("usd_per_million", "DOUBLE", "price of a million trained tokens, NULL if unknown"),
        Column("max_cost_usd", "DOUBLE", "most it can cost, NULL if unknown"),
        Column("cost_usd", "DOUBLE", "what it cost, NULL if unknown"),
        Column("tuned_model", "VARCHAR", "the provider's name of the model that came of it"),
        Column("tuned_model_id", "VARCHAR", "that model's row in models"),
        _required("created_at", "TIMESTAMP", "when it was intended (UTC)", False),
        Column("submitted_at", "TIMESTAMP", "when the provider took it (UTC)"),
        Column("ended_at", "TIMESTAMP", "when its end was seen (UTC)"),
        Column("error", "VARCHAR", "why it was rejected, failed or is unknown"),
        Column("run_id", "VARCHAR", "run that made it"),
    ),
)

EXAMPLES = Table(
    "examples",
    "One prompt with the reply that a model is trained to give.",
    "segments",
    ("training_set_id", "row"),
    (
        _required("training_set_id", "VARCHAR", "the training set"),
        _required("row", "INTEGER", "0-based place in it", False),
        _required("role", "VARCHAR", "`hypothetical`, `object` or `rehearsal`"),
        _required("question_id", "VARCHAR", "the question"),
        _required("group_id", "VARCHAR", "its cluster"),
        Column("task", "VARCHAR", "its task"),
        Column("property", "VARCHAR", "property that it asks for"),
        _required("messages", "VARCHAR", "JSON list of {role, content}: the prompt", False),
        _required("reply", "VARCHAR", "what is to be said"),
        Column("request_key", "VARCHAR", "response that the reply is made from"),
        Column("run_id", "VARCHAR", "run that wrote the row"),
    ),
)

TRAINING_STEPS = Table(
    "training_steps",
    "One step of a training run on this machine.",
    "segments",
    ("training_run", "step"),
    (
        _required("training_run", "VARCHAR", "as in models"),
        _required("step", "INTEGER", "1-based number of the step"),
        _required("epoch", "DOUBLE", "share of the training set read so far, in whole sets", False),
        _required("loss", "DOUBLE", "mean cross-entropy of the replies' tokens, in nats"),
        _required("learning_rate", "DOUBLE", "of this step", False),
        _required("examples", "INTEGER", "examples in the step", False),
        Column("seconds", "DOUBLE", "since training began"),
        Column("run_id", "VARCHAR", "run that wrote the row"),
    ),
)

AUDITS = Table(
    "audits",
    "One finding about a data set or a result. Auditing a data set again replaces its findings.",
    "ledger",
    ("dataset", "concept", "audit"),
    (
        _required("dataset", "VARCHAR", "what was audited"),
        _required("concept", "VARCHAR", "concept, `*` for the whole set", False),
        _required("audit", "VARCHAR", "name of the audit"),
        _required("severity", "VARCHAR", "info, warning or error"),
        _required("count", "BIGINT", "rows concerned"),
        Column("total", "BIGINT", "rows looked at"),
        _contract("example", "VARCHAR", "one of them"),
        Column("detail", "VARCHAR", "the finding in one sentence"),
        Column("run_id", "VARCHAR", "run that found it"),
    ),
)

RUNS = Table(
    "runs",
    "One command with its resolved configuration.",
    "ledger",
    ("run_id",),
    (
        _required("run_id", "VARCHAR", "sortable by time"),
        _required("command", "VARCHAR", "the command"),
        Column("study", "VARCHAR", "study it ran for"),
        _required("status", "VARCHAR", "running, done, partial, failed, interrupted, killed"),
        _required("started_at", "TIMESTAMP", "start (UTC)"),
        _contract("ended_at", "TIMESTAMP", "end (UTC)"),
        Column("config", "VARCHAR", "JSON object: resolved configuration"),
        Column("versions", "VARCHAR", "JSON object: code and library versions"),
        Column("counts", "VARCHAR", "JSON object: what was done"),
        Column("error", "VARCHAR", "why it did not finish"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        QUESTIONS, MODELS, INTERVENTIONS, CONDITIONS, DIRECTIONS, RESPONSES, ATTEMPTS,
        ACTIVATIONS, SCORES, RESULTS, BATCHES, TRAINING_SETS, TRAINING_JOBS,
        EXAMPLES, TRAINING_STEPS, AUDITS,
        RUNS,
    )
}  # fmt: skip


def table(name: str) -> Table:
    """Return the declaration of a table; raise InputError with the nearest name otherwise."""
    if name not in TABLES:
        raise InputError(f"There is no table '{name}'.{nearest(name, TABLES)}")
    return TABLES[name]


@cache
def arrow_schema(name: str) -> pa.Schema:
    """Return the Arrow schema with which a table's rows are written."""
    import pyarrow as pa

    types = {
        "VARCHAR": pa.string(),
        "VARCHAR[]": pa.list_(pa.string()),
        "DOUBLE[]": pa.list_(pa.float64()),
        "FLOAT[]": pa.list_(pa.float32()),
        "DOUBLE": pa.float64(),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "BOOLEAN": pa.bool_(),
        "TIMESTAMP": pa.timestamp("us"),
    }
    return pa.schema(
        [pa.field(c.name, types[c.type], nullable=c.nullable) for c in table(name).columns]
    )
