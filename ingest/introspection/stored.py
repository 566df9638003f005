"""The stored results of the clone's history as a frame: what was predicted, and of what.

The file is `inspect_response_property_results.csv` of commit e2ee972: 3,266 rows that say of a
string, a property and a model whether a second model predicted the property of the first one's
answer. Which of the published rows a row belongs to is not in the file. It stands there in blocks,
in the order of the published table, first for the model before its training and then after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ingest.columns import demand
from ingest.tables import read_table
from warehouse.errors import InputError

ITEMS = "inspect_response_property_results.csv"
PUBLISHED = "response_property_results.csv"
# The published rows in their order, with the number of rows of each block.
LAYOUT = (
    ("writing_stories/main_character_name", 116),
    ("syllable_count", 294),
    ("first_character", 426),
    ("first_word", 156),
    ("last_character", 366),
    ("sentiment", 68),
    ("is_even", 207),
)
MICRO = "zMicro-average"

_NAMES = (
    "predicted_correctly", "task", "string", "response_property", "meta_model", "object_model",
    "object_response_property_answer", "object_response_raw_response",
)  # fmt: skip
_ITEM = ["object_model", "task", "string", "property"]


@dataclass(frozen=True)
class Stored:
    """The rows of a results file, and the published table where it lies beside it.

    `items` has a row for each row of the file: `row` (1-based), `block`, `correct`, `task`,
    `string`, `property`, `meta_model`, `object_model`, `answer`, `text`. `published` has
    `response_property`, `object_model`, `accuracy`, `error`, `mode_accuracy`, `count`.
    """

    file: str
    digest: str
    items: pl.DataFrame
    published: pl.DataFrame | None


def read_results(path: Path) -> Stored:
    """Return the stored results in a folder, or of a file of that layout.

    Raises InputError where the file is not there or has other rows than the layout says.
    """
    file = path / ITEMS if path.is_dir() else path
    frame, digest = read_table(file)
    demand(frame, _NAMES, file.name)
    items = _blocks(_items(frame, file.name), file.name)
    beside = file.parent / PUBLISHED
    return Stored(file.name, digest, items, _published(beside) if beside.is_file() else None)


def bare(name: str) -> str:
    """Return a property's own name, without the folder of its file."""
    return name.rsplit("/")[-1]


def _items(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    said = frame["predicted_correctly"].cast(pl.String).str.to_lowercase()
    if not said.is_in(["true", "false"]).all():
        raise InputError(f"{name}: column 'predicted_correctly' must be True or False throughout.")
    return frame.select(
        pl.int_range(1, pl.len() + 1).alias("row"),
        (said == "true").alias("correct"),
        "task",
        "string",
        pl.col("response_property").str.split("/").list.last().alias("property"),
        "meta_model",
        "object_model",
        pl.col("object_response_property_answer").alias("answer"),
        pl.col("object_response_raw_response").alias("text"),
    )


def _blocks(items: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows with their blocks; raise InputError where they do not fit the layout."""
    models = items["object_model"].unique(maintain_order=True)
    blocks = [(model, block) for model in models for block, size in LAYOUT for _ in range(size)]
    fits = len(blocks) == items.height and len(models) == 2
    if fits:
        items = items.with_columns(pl.Series("block", [block for _, block in blocks]))
        fits = items["object_model"].to_list() == [model for model, _ in blocks]
        fits = fits and not items.select("block", *_ITEM).is_duplicated().any()
    if not fits or _contradictory(items):
        rows = sum(size for _, size in LAYOUT)
        raise InputError(
            f"{name}: this is not the results file of commit e2ee972, which has {rows:,} rows for "
            "each of two models, in blocks of "
            f"{', '.join(str(size) for _, size in LAYOUT)}."
        )
    return items


def _contradictory(items: pl.DataFrame) -> bool:
    """Return whether one item is said to be both right and wrong, or one answer two texts."""
    by_item = items.group_by(_ITEM).agg(pl.col("correct", "answer", "meta_model").n_unique())
    by_answer = items.group_by("object_model", "task", "string").agg(pl.col("text").n_unique())
    counts = [*by_item.select("correct", "answer", "meta_model").iter_columns(), by_answer["text"]]
    return any(bool((column > 1).any()) for column in counts)


def _published(file: Path) -> pl.DataFrame:
    frame, _ = read_table(file)
    numbers = ("accuracy", "error", "mode_accuracy", "count")
    demand(frame, ("response_property", "object_model", *numbers), file.name)
    return frame.select(
        "response_property",
        "object_model",
        *(pl.col(name).cast(pl.Float64) for name in numbers),
    )
