"""A long capture of a deep model stays in bounded memory: vectors leave it segment by segment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.samples import question
from tests.warehouse.test_run import rows_of
from warehouse.lake import open_lake

ROOT = Path(__file__).resolve().parents[3]
QUESTIONS, LAYERS, WIDTH = 2_000, 32, 256

WORK = """
import json, resource, sys
import torch
from generate.capture import fill
from generate.capture.job import ActivationsJob
from generate.engines.base import Options
from generate.engines.local.engine import open_model
from warehouse.lake import open_lake

torch.set_num_threads(1)
lake, model = sys.argv[1:]
options = Options(device="cpu")
engine = open_model(model, options)
engine.network, engine.encoder
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
del engine
before = peak()
job = ActivationsJob(
    "sample", model, sites=("resid_post", "attn_head_in", "mlp_out"),
    positions=("last", "choice"), variants="choices", options=options,
)
told = []
fill.generate_activations(open_lake(lake), job, told.append)
print(json.dumps({"bytes": told[0].bytes, "beyond": peak() - before}))
"""


def save_deep(folder: Path) -> Path:
    """Write a random Llama of 32 layers beside the tokenizer of the other test models."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.generate import models

    made = models.tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(made), hidden_size=WIDTH, intermediate_size=WIDTH,
        num_hidden_layers=LAYERS, num_attention_heads=8, num_key_value_heads=8,
        max_position_embeddings=2048, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


@pytest.mark.soak
def test_a_deep_capture_holds_less_than_a_gigabyte_beyond_the_model(tmp_path) -> None:
    lake = tmp_path / "lake"
    with open_lake(lake, create=True).run("ingest") as run:
        run.append("questions", [question(i) for i in range(QUESTIONS)])
    command = [sys.executable, "-c", WORK, str(lake), f"hf:{save_deep(tmp_path / 'deep')}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{found['bytes'] / 1e6:,.0f} MB of vectors, {found['beyond'] / 1e6:,.0f} MB at most held"
    )
    # Two prompts and four replies, three sites of 32 layers.
    assert found["bytes"] == QUESTIONS * 6 * 3 * LAYERS * WIDTH * 4 > 1e9
    assert found["beyond"] < 1e9
    rows = rows_of(open_lake(lake), "SELECT count(*) FROM activations")
    assert rows == [(QUESTIONS * 6 * LAYERS * (2 + 8),)]
