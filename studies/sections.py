"""What may stand in a study file: one class a table, each setting with what it means."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class Section(BaseModel):
    """A table of a study file; what is not a setting is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ingest(Section):
    """Bring one source into the lake."""

    source: Literal[
        "starter",
        "pair",
        "sequences",
        "selfconsciousness",
        "introspection",
        "questions",
        "responses",
        "inspect",
        "lm-eval",
    ] = Field(description="what follows `mirrorlake ingest`")
    path: str | None = Field(None, description="folder or file; relative to the study file")
    dataset: str | None = Field(None, description="name of the data set, for files and logs")
    concept: str | None = Field(None, description="concept of every question, for files and logs")
    model: str | None = Field(None, description="who answered, for `responses` and logs")
    map: tuple[str, ...] = Field(
        (), description="columns under other names, as `THEIRS=OURS`, for files"
    )


class Generate(Section):
    """Ask models the questions of one data set; where one is `tuned:NAME`, after training."""

    questions: str = Field(description="data set whose questions are asked")
    models: tuple[str, ...] = Field(
        min_length=1, description="models as for `--model`, such as `mirror-tiny/base`"
    )
    readings: tuple[Literal["letter", "cloze", "text"], ...] = Field(
        (),
        description="how answers are taken; all that give log-probabilities if left out, "
        "or text where none do",
    )
    concepts: tuple[str, ...] = Field((), description="only questions of these concepts")
    split: str | None = Field(None, description="only questions of this split")
    limit: int | None = Field(
        None, ge=1, description="only so many questions, always the same ones"
    )
    samples: int = Field(1, ge=1, description="texts drawn for each request")
    temperature: float = Field(0.0, ge=0.0, description="of sampled text; 0 is not random")
    max_tokens: int = Field(64, ge=1, description="longest text; longer ones end as `truncated`")
    system_prompt: str | None = Field(None, description="text put before every question")
    persona: str | None = Field(None, description="name under which the system prompt is stored")
    batch: bool = Field(False, description="through the provider's batches: half price, hours")


class Dataset(Section):
    """Make a training set from answers in the lake, after `generate`."""

    name: str = Field(description="name of the training set")
    kind: Literal["self-prediction", "answers"] = Field(
        description="what follows `mirrorlake finetune dataset`"
    )
    questions: str = Field(description="data set whose questions are trained on")
    target: str | None = Field(None, description="of self-prediction: whose answers are predicted")
    trained: tuple[str, ...] = Field(
        (), description="of self-prediction: models to be trained, for `rehearse`"
    )
    rehearse: float = Field(
        0.0, ge=0.0, description="share, or from 1 on number, of rows with a model's own answers"
    )
    divergent_from: str | None = Field(
        None, description="of self-prediction: only strings that this model answers otherwise"
    )
    reply: str = Field(
        "answer", description="of answers: `answer`, `metadata.KEY`, or a model whose are taken"
    )
    hypothetical: float = Field(
        0.0, ge=0.0, le=1.0, description="of answers: share of strings with hypothetical questions"
    )
    hypothetical_split: str | None = Field(
        None, description="of answers: only strings of this split have them"
    )
    tasks: tuple[str, ...] = Field((), description="only these tasks")
    hold_out_tasks: tuple[str, ...] = Field((), description="all but these tasks")
    concepts: tuple[str, ...] = Field((), description="only questions of these concepts")
    properties: tuple[str, ...] = Field((), description="only these properties")
    splits: tuple[str, ...] = Field(("train",), description="only strings of these splits")
    disjoint_from: tuple[str, ...] = Field(
        (), description="splits whose strings are left out of it"
    )
    per_cell: int | None = Field(None, ge=1, description="most rows of a task and property")
    balance: bool = Field(False, description="labels as equally often as can be")
    shuffle_labels: bool = Field(False, description="replies dealt out anew: a control")
    seed: int = Field(0, description="of every draw")


class Lora(Section):
    """Train an adapter on a training set, in the order of the file, after all sets are made."""

    base: str = Field(description="model as for `--base`; `tuned:NAME` goes on with an adapter")
    dataset: str = Field(description="name of the training set")
    name: str = Field(description="of the new model, which is called `tuned:NAME`")
    rank: int | None = Field(None, ge=1, description="of the update; 32 if left out")
    alpha: float | None = Field(None, description="as for `--alpha`; twice the rank if left out")
    layers: tuple[int, ...] = Field((), description="which layers, from 0; all if left out")
    learning_rate: float = Field(2e-4, gt=0.0, description="highest learning rate")
    steps: int | None = Field(None, ge=1, description="steps in all; otherwise `epochs` decides")
    epochs: float = Field(1.0, gt=0.0, description="how often each row is read")
    batch: int = Field(32, ge=1, description="rows in a step")
    seed: int = Field(0, ge=0, description="of the first weights and of the order of the rows")


class Predict(Section):
    """Ask models what models would answer, and these what they do answer."""

    questions: str = Field(description="data set with object and hypothetical questions")
    targets: tuple[str, ...] = Field(min_length=1, description="models whose answers are predicted")
    predictors: tuple[str, ...] = Field(
        (), description="models that predict them; each target itself if left out"
    )
    properties: tuple[str, ...] = Field((), description="only these properties")
    tasks: tuple[str, ...] = Field((), description="only these tasks")
    split: str | None = Field(None, description="only strings of this split")
    limit: int | None = Field(None, ge=1, description="only so many strings, always the same ones")
    samples: int = Field(1, ge=1, description="texts drawn for each request")
    temperature: float = Field(0.0, ge=0.0, description="of sampled text; 0 is not random")
    max_tokens: int = Field(64, ge=1, description="longest text; longer ones end as `truncated`")
    batch: bool = Field(False, description="through the provider's batches: half price, hours")


class Capture(Section):
    """Read hidden states of models on this machine while they are asked a data set."""

    questions: str = Field(description="data set whose questions are shown")
    models: tuple[str, ...] = Field(min_length=1, description="models as for `--model`")
    sites: tuple[Literal["resid_pre", "resid_post", "attn_head_in", "mlp_out"], ...] = Field(
        ("resid_post",), min_length=1, description="where states are read"
    )
    layers: tuple[int, ...] = Field((), description="which layers, from 0; all if left out")
    positions: tuple[Literal["last", "choice"], ...] = Field(
        ("last",), min_length=1, description="which tokens: last of the prompt, of the choice"
    )
    variants: Literal["orders", "choices", "texts"] = Field(
        "orders", description="what is read, as for `--variants`"
    )
    concepts: tuple[str, ...] = Field((), description="only questions of these concepts")
    baselines: bool = Field(False, description="also the embedding layer and the random twin")


class Steer(Section):
    """Ask models under interventions, after `probe` and before all other analyses."""

    questions: str = Field(description="data set whose questions are asked")
    models: tuple[str, ...] = Field(min_length=1, description="models as for `--model`")
    directions: tuple[str, ...] = Field(min_length=1, description="as for `--intervene`")
    doses: tuple[float, ...] = Field((-4.0, -2.0, 2.0, 4.0), description="as for `--doses`")
    controls: int = Field(0, ge=0, description="random directions of each family")
    edit: Literal["add", "add_norm_matched", "project_out", "scale"] = Field(
        "add", description="what is done along the direction"
    )
    positions: Literal["last", "reply", "all"] = Field("last", description="where it is done")
    readings: tuple[Literal["letter", "cloze", "text"], ...] = Field(
        ("letter",), description="how answers are taken"
    )
    concepts: tuple[str, ...] = Field((), description="only questions of these concepts")
    held_out: bool = Field(
        True, description="only questions outside those that directions were fitted on"
    )


class Analyze(Section):
    """Run one analysis over data sets."""

    analysis: Literal[
        "quantify", "probe", "steer", "self-prediction", "calibration", "behavior-change",
        "acquisition",
    ] = Field(description="name of the analysis")  # fmt: skip
    questions: tuple[str, ...] = Field(min_length=1, description="data sets it is run on")
    crossed: tuple[tuple[str, str, str, str], ...] = Field(
        (),
        description="of self-prediction: the first model, who predicts it, the second, who "
        "predicts that",
    )
    changes: tuple[tuple[str, str], ...] = Field(
        (), description="of behavior-change: a model before and after"
    )
    trainings: tuple[tuple[str, str] | tuple[str, str, str], ...] = Field(
        (),
        description="of acquisition: a model before and after, and the control on shuffled answers",
    )


class Study(Section):
    """A study: what to ingest, ask and analyze, in this order, and the question it answers."""

    name: Name = Field(description="letters, digits, `.`, `_`, `-`; names the study's rows")
    question: str = Field(description="what the study asks; stands on top of its report")
    source: str | None = Field(None, description="paper or note the study comes from")
    budget_usd: float | None = Field(
        None, ge=0.0, description="most that the study may spend over all its runs, in US dollars"
    )
    prices: str | None = Field(None, description="your own price table; relative to the study file")
    ingest: tuple[Ingest, ...] = ()
    generate: tuple[Generate, ...] = ()
    dataset: tuple[Dataset, ...] = ()
    lora: tuple[Lora, ...] = ()
    predict: tuple[Predict, ...] = ()
    capture: tuple[Capture, ...] = ()
    steer: tuple[Steer, ...] = ()
    analyze: tuple[Analyze, ...] = Field(min_length=1)


# The tables of a study file that stand once for each step, in the order in which they are run.
STEPS: dict[str, type[Section]] = {
    "ingest": Ingest,
    "generate": Generate,
    "dataset": Dataset,
    "lora": Lora,
    "predict": Predict,
    "capture": Capture,
    "steer": Steer,
    "analyze": Analyze,
}
