"""Drawing rows: each prompt and reply once, at most so many of a cell, labels balanced on demand.

Draws are hashes of the seed and the question, so a smaller set is part of a larger one and the
same rows come out on every machine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from finetune.dataset.sets import Example

COLUMNS = ("question_id", "group_id", "task", "property", "messages", "reply", "request_key")

# `source` is a table with these columns. Balanced, the first of each label come before any second
# one; without a number the rarest label of a cell says how many of each are taken.
DRAWN_SQL = f"""
WITH once AS (
    SELECT {", ".join(COLUMNS)}, md5($seed || question_id) AS draw FROM {{source}}
    QUALIFY row_number() OVER (PARTITION BY messages, reply ORDER BY question_id) = 1
),

labelled AS (
    SELECT *,
        row_number() OVER (PARTITION BY task, property, reply ORDER BY draw, question_id) AS turn,
        count(*) OVER (PARTITION BY task, property, reply) AS of_label
    FROM once
),

placed AS (
    SELECT *,
        min(of_label) OVER (PARTITION BY task, property) AS rarest,
        row_number() OVER (
            PARTITION BY task, property
            ORDER BY CASE WHEN $balance THEN turn END, draw, question_id
        ) AS place
    FROM labelled
)

SELECT {", ".join(COLUMNS)} FROM placed
WHERE ($per_cell IS NULL OR place <= $per_cell)
    AND (NOT $balance OR $per_cell IS NOT NULL OR turn <= rarest)
ORDER BY draw, question_id
"""


def shuffled(rows: Sequence[Example], seed: int) -> list[Example]:
    """Return the same prompts with each cell's replies dealt out to them anew."""
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        cells[row.task or "", row.property or ""].append(place)
    dealt = list(rows)
    for cell, places in sorted(cells.items()):
        replies = [rows[place].reply for place in places]
        Random(f"shuffled labels {seed} {cell}").shuffle(replies)
        for place, reply in zip(places, replies, strict=True):
            dealt[place] = replace(rows[place], reply=reply, request_key=None)
    return dealt
