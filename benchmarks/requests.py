"""What a lake was asked, as prompts: `python -m benchmarks.requests LAKE REQUESTS.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from generate import prompts
from warehouse.lake import open_lake

ASKED = """
SELECT r.reading, r.variant, q.messages, q.choices
FROM responses AS r JOIN questions AS q USING (question_id)
"""


def asked(lake: Path) -> list[dict[str, object]]:
    """Return the messages and the replies to score of every response."""
    with open_lake(lake).reader() as con:
        rows = con.execute(ASKED).fetchall()
    return [
        {
            "messages": prompts.show(json.loads(messages), choices, variant),
            "replies": prompts.continuations(choices, variant, reading),
        }
        for reading, variant, messages, choices in rows
    ]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(asked(Path(sys.argv[1]))), "utf-8")
