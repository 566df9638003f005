"""A steering sweep of 8 doses, 4 directions and 500 questions: beside the seed's loop."""

from __future__ import annotations

import torch

from benchmarks.inside import seed
from benchmarks.inside.setting import Setting, line, seconds, setting
from generate.engines.base import Request
from generate.engines.local import steered
from generate.engines.local.batches import Encoded
from generate.steering.plan import Intervention
from warehouse.keys import intervention_id

DOSES = tuple(float(dose) for dose in range(0, 40, 5))
DIRECTIONS, QUESTIONS, LAYER = 4, 500, 2
BATCH_TOKENS = 16_384
SEED_PROMPTS = 4


def main() -> None:
    """Print the line."""
    found = setting(QUESTIONS // 2, layers=4, width=128)
    directions = torch.nn.functional.normalize(torch.randn(DIRECTIONS, 128), dim=-1)
    items = list(asked(found, directions))
    made = list(steered.parts(items, BATCH_TOKENS))
    ours = len(items) / seconds(lambda: [steered.score(found.network, p) for p in made], rounds=1)
    some = [prompt.ids for prompt in found.prompts[:SEED_PROMPTS]]
    work = lambda: seed.sweep(found.model, some, LAYER, directions, DOSES)  # noqa: E731
    theirs = len(some) * DIRECTIONS * len(DOSES) / seconds(work, rounds=1)
    line("steering sweep", ours, "answers/s", "the seed's loop", theirs, "10")


def asked(found: Setting, directions: torch.Tensor) -> list[steered.Steered]:
    """Return every prompt under every direction and dose, both letters to be scored."""
    letters = [
        found.engine.encoder.tokenizer(x, add_special_tokens=False)["input_ids"] for x in "AB"
    ]
    made = []
    for prompt in found.prompts:
        request = Request("", prompt.question_id, prompt.variant, "letter", 0, 1, (), (), {})
        encoded = Encoded(request, prompt.ids, letters)
        for number, direction in enumerate(directions):
            for dose in DOSES:
                edit = {"edit": 0, "site": "resid_post", "layer": LAYER, "head": None,
                        "positions": "last", "kind": "add", "direction_id": str(number),
                        "strength": dose}  # fmt: skip
                edit["intervention_id"] = intervention_id([edit])
                made.append(steered.Steered(encoded, Intervention(edit, direction.numpy())))
    return made


if __name__ == "__main__":
    main()
