"""Capture of the last token at all layers: beside a bare forward, the seed's loop and nnsight."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.inside import seed
from benchmarks.inside.setting import Setting, line, seconds, setting
from generate.capture.passes import Reader
from generate.engines.local import batches

BATCH_TOKENS = 4096
SEED_PROMPTS = 8


def main() -> None:
    """Print the lines."""
    found = setting(24)
    layers = len(found.model.model.layers)
    units = frozenset(("resid_post", layer, "last") for layer in range(layers))
    reader = Reader(found.network, found.engine.encoder, units)
    made = list(batches.by_budget(found.prompts, lambda p: len(p.ids), BATCH_TOKENS))
    tokens = sum(len(prompt.ids) for prompt in found.prompts)

    def ours() -> int:
        return sum(v.nbytes for batch in made for *_, v in reader.read(batch))

    kept = ours()
    rate = tokens / seconds(ours)
    body = tokens / seconds(lambda: bare(found, made))
    line("capture", rate, "tokens/s", "bare batched body", body, "0.9")
    some = [prompt.ids for prompt in found.prompts[:SEED_PROMPTS]]
    loop = sum(map(len, some)) / seconds(lambda: seed.capture(found.model, some), rounds=1)
    line("capture", rate, "tokens/s", "the seed's loop", loop, "5")
    _, copied = seed.capture(found.model, some)
    needed = layers * found.model.config.hidden_size * 4
    ours_over, seeds = kept / len(found.prompts) / needed, copied / len(some) / needed
    what = "bytes copied over bytes kept"
    print(
        f"| {what} | {ours_over:.1f} | the seed's loop | {seeds:.0f} | {seeds / ours_over:.0f} | |"
    )
    try:
        theirs = tokens / seconds(lambda: by_nnsight(found, made))
    except ImportError:
        print("| capture | | nnsight | not installed | | |")
        return
    line("capture", rate, "tokens/s", "nnsight, same batches", theirs)


@torch.inference_mode()
def bare(found: Setting, made: list[list[Any]]) -> None:
    """Run the body over the same batches and keep nothing."""
    for batch in made:
        ids, mask = found.network.padded([prompt.ids for prompt in batch], left=True)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        found.model.model(ids, attention_mask=mask, position_ids=positions, use_cache=False)


def by_nnsight(found: Setting, made: list[list[Any]]) -> None:
    """Save the last token of every layer with nnsight, over the same batches."""
    from nnsight import NNsight

    wrapped = NNsight(found.model.model)
    for batch in made:
        ids, mask = found.network.padded([prompt.ids for prompt in batch], left=True)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)
        with (
            torch.no_grad(),
            wrapped.trace(ids, attention_mask=mask, position_ids=positions, use_cache=False),
        ):
            kept = [layer.output[:, -1].save() for layer in wrapped.layers]  # noqa: F841


if __name__ == "__main__":
    main()
