"""What a study file says: one TOML a study, checked completely before anything runs."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from ingest.tables import decode, read_bytes
from warehouse.errors import InputError, nearest

Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ingest(_Section):
    """Bring one source into the lake."""

    source: Literal[
        "starter", "pair", "selfconsciousness", "questions", "responses", "inspect", "lm-eval"
    ] = Field(description="what follows `mirrorlake ingest`")
    path: str | None = Field(None, description="folder or file; relative to the study file")
    dataset: str | None = Field(None, description="name of the data set, for files and logs")
    concept: str | None = Field(None, description="concept of every question, for files and logs")
    model: str | None = Field(None, description="who answered, for `responses` and logs")
    map: tuple[str, ...] = Field(
        (), description="columns under other names, as `THEIRS=OURS`, for files"
    )


class Generate(_Section):
    """Ask models the questions of one data set."""

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
    samples: int = Field(1, ge=1, description="texts drawn for each request")
    temperature: float = Field(0.0, ge=0.0, description="of sampled text; 0 is not random")
    max_tokens: int = Field(64, ge=1, description="longest text; longer ones end as `truncated`")
    system_prompt: str | None = Field(None, description="text put before every question")
    persona: str | None = Field(None, description="name under which the system prompt is stored")
    batch: bool = Field(False, description="through the provider's batches: half price, hours")


class Predict(_Section):
    """Ask models what models would answer, and these what they do answer."""

    questions: str = Field(description="data set with object and hypothetical questions")
    targets: tuple[str, ...] = Field(min_length=1, description="models whose answers are predicted")
    predictors: tuple[str, ...] = Field(
        (), description="models that predict them; each target itself if left out"
    )
    properties: tuple[str, ...] = Field((), description="only these properties")
    tasks: tuple[str, ...] = Field((), description="only these tasks")
    split: str | None = Field(None, description="only strings of this split")
    samples: int = Field(1, ge=1, description="texts drawn for each request")
    temperature: float = Field(0.0, ge=0.0, description="of sampled text; 0 is not random")
    max_tokens: int = Field(64, ge=1, description="longest text; longer ones end as `truncated`")
    batch: bool = Field(False, description="through the provider's batches: half price, hours")


class Capture(_Section):
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


class Steer(_Section):
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


class Analyze(_Section):
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


class Study(_Section):
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
    predict: tuple[Predict, ...] = ()
    capture: tuple[Capture, ...] = ()
    steer: tuple[Steer, ...] = ()
    analyze: tuple[Analyze, ...] = Field(min_length=1)


# The tables of a study file that stand once for each step.
_STEPS: dict[str, type[_Section]] = {
    "ingest": Ingest,
    "generate": Generate,
    "predict": Predict,
    "capture": Capture,
    "steer": Steer,
    "analyze": Analyze,
}


def load(path: Path) -> Study:
    """Return the study of a file; raise InputError naming file, place and remedy."""
    if not path.exists():
        known = sorted(str(p) for p in path.parent.glob("*.toml"))
        hint = nearest(str(path), known) if known else ""
        raise InputError(f"There is no study file {path}.{hint}")
    try:
        data = tomllib.loads(decode(read_bytes(path), path.name))
    except (OSError, ValueError, RecursionError) as error:
        step = re.search(rf"Cannot declare \('({'|'.join(_STEPS)})',\) twice", str(error))
        hint = f" Write [[{step[1]}]] in double brackets, once for each step." if step else ""
        raise InputError(f"The study file {path} cannot be read: {error}.{hint}") from error
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        raise InputError(f"The study file {path}: {_first(error, data)}") from error


def _first(error: ValidationError, data: dict[str, Any]) -> str:
    # A mistyped setting is also a missing one; the name that stands there says more.
    found = error.errors(include_url=False)
    first = min(found, key=lambda one: one["type"] != "extra_forbidden")
    place = _place(first["loc"])
    if first["type"] == "extra_forbidden":
        section = _section(first["loc"][:-1])
        return f"{place} is not a setting.{nearest(str(first['loc'][-1]), section.model_fields)}"
    return f"{place}: {_why(first)}"


def _place(parts: tuple[int | str, ...]) -> str:
    """Return where in the file, steps counted from 1."""
    match parts:
        case (str(section), int(step), *names):
            words = " ".join(f"'{name}'" for name in names if isinstance(name, str))
            return f"[[{section}]] number {step + 1}" + (f", {words}" if words else "")
        case (name, *_):
            return f"'{name}'"
    return "the file"


def _why(problem: ErrorDetails) -> str:
    given = _brief(problem["input"])
    match problem["type"]:
        case "tuple_type" if problem["loc"] in [(step,) for step in _STEPS]:
            return f"write [[{problem['loc'][0]}]] in double brackets, once for each step."
        case "tuple_type":
            return f"a list is needed, such as [{given}]."
        case "literal_error":
            known = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
            return f"{given} is not known.{nearest(str(problem['input']), known)}"
        case "string_pattern_mismatch":
            return f"{given} may hold letters, digits, '.', '_' and '-' only, no spaces."
    return f"{problem['msg']}."


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def _section(place: tuple[int | str, ...]) -> type[_Section]:
    return _STEPS.get(str(place[0]), Study) if place else Study
