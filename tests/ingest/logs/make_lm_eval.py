"""Run the lm-evaluation-harness offline on the embedded model; keep its samples and results.

    python -m venv venv
    venv/bin/pip install lm-eval torch==2.13.0 transformers accelerate
    venv/bin/python tests/ingest/logs/make_lm_eval.py

Run it in the repository's root: the harness writes the paths of model and tasks into its results,
and these are relative ones. The tasks and their rows are written to `lm-eval/tasks` first. What
the harness says of the machine (`pretty_env_info`) is taken out of the results afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}

from lm_eval import simple_evaluate
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

HERE = Path("tests/ingest/logs/lm-eval")
MODEL = "finetune/organisms/base"

FACTS = [
    ("Is a whale a mammal?", ["yes", "no"], 0),
    ("Is copper a bird?", ["yes", "no"], 1),
    ("How many legs has a spider?", ["six", "eight", "ten"], 1),
    ("Which is the largest?", ["an ocean", "a lake", "a pond"], 0),
    ("Which one can fly?", ["a trout", "a swallow", "a mole"], 1),
    ("What is 3 + 4?", ["six", "eight", "seven"], 2),
    ("Which is made of paper?", ["a book", "a spoon", "a brick"], 0),
    ("Which comes first in a week?", ["Friday", "Sunday", "Monday"], 2),
]
COMMON = """
dataset_path: json
dataset_kwargs:
  data_files:
    test: {rows}
test_split: test
metadata:
  version: 1.0
"""
TASKS = {
    "facts_letters": """
task: facts_letters
output_type: multiple_choice
doc_to_text: "{{question}}\\n{{lines}}\\nAnswer:"
doc_to_choice: "{{letters}}"
doc_to_target: "{{gold}}"
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
""",
    "facts_texts": """
task: facts_texts
output_type: multiple_choice
doc_to_text: "Question: {{question}}\\nAnswer:"
doc_to_choice: "{{choices}}"
doc_to_target: "{{gold}}"
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
  - metric: acc_norm
    aggregation: mean
    higher_is_better: true
""",
    "facts_free": """
task: facts_free
output_type: generate_until
doc_to_text: "{{question}}\\n{{lines}}\\n"
doc_to_target: "{{letters[gold]}}"
repeats: 2
generation_kwargs:
  until: ["<|end|>"]
  max_gen_toks: 4
  do_sample: true
  temperature: 0.9
filter_list:
  - name: first-letter
    filter:
      - function: regex
        regex_pattern: "([A-C])"
      - function: take_first
  - name: whole
    filter:
      - function: take_first
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
""",
}


def documents() -> list[dict[str, Any]]:
    """Return the rows that every task asks about."""
    return [
        {
            "question": question,
            "choices": choices,
            "letters": list("ABC"[: len(choices)]),
            "lines": "\n".join(f"({a}) {b}" for a, b in zip("ABC", choices, strict=False)),
            "gold": gold,
        }
        for question, choices, gold in FACTS
    ]


def write_tasks(folder: Path) -> None:
    """Write the rows and a task file a task."""
    folder.mkdir(parents=True)
    rows = folder / "facts.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in documents()), "utf-8")
    for name, text in TASKS.items():
        (folder / f"{name}.yaml").write_text(text + COMMON.format(rows=rows), "utf-8")


def run(folder: Path, names: list[str], chat: bool) -> None:
    """Run tasks as the command line does and write their samples and results."""
    tracker = EvaluationTracker(output_path=str(folder))
    results = simple_evaluate(
        model="hf",
        model_args=f"pretrained={MODEL},dtype=float32",
        tasks=names,
        task_manager=TaskManager(include_path=str(HERE / "tasks"), include_defaults=False),
        device="cpu",
        batch_size=4,
        bootstrap_iters=0,
        apply_chat_template=chat,
        evaluation_tracker=tracker,
        log_samples=True,
    )
    samples = results.pop("samples")
    results["pretty_env_info"] = "(left out)"
    tracker.save_results_aggregated(results=results, samples=samples)
    for name, rows in samples.items():
        tracker.save_results_samples(task_name=name, samples=rows)


def main() -> None:
    """Make every log anew: one run with the chat template and one without."""
    shutil.rmtree(HERE, ignore_errors=True)
    write_tasks(HERE / "tasks")
    run(HERE / "plain", ["facts_letters", "facts_texts"], chat=False)
    run(HERE / "chat", ["facts_free"], chat=True)


if __name__ == "__main__":
    main()
