"""A small clone of the repository, written here, with every quirk of the real one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TASKS = {
    "colours": """
name: colours
set: ???
dataset_path: "evals/datasets/${task.set}_${task.name}.jsonl"
item_descriptor: "colour" # what one item is
prompt: "Name one more ${task.item_descriptor}. Leave $other as it is.\\n$string"
exclusion_rule_groups: [default,single_word]
""",
    "colours_long": """
name: colours_long
defaults: [nothing]
dataset_path: "evals/datasets/${task.set}_colours.jsonl"
item_descriptor: "colour"
prompt: "Name three more colours.\\n$string"
exclusion_rule_groups: [default]
""",
    "digits": """
name: digits
dataset_path: "evals/datasets/${task.set}_digits.jsonl"
item_descriptor: "one-digit number"
prompt: "Go on: $string"
exclusion_rule_groups: [default,single_word,numeric]
""",
    "totals": """
name: totals
dataset_path: "evals/datasets/${task.set}_digits.jsonl"
item_descriptor: "number"
prompt: "Add up: $string"
exclusion_rule_groups: [default,numeric]
""",
    "duty": """
name: duty
dataset_path: "evals/datasets/${task.set}_duty.jsonl"
item_descriptor: "answer"
prompt: "$string\\Please say A or B."
exclusion_rule_groups: [default,multiple_choice]
""",
    "quiz": """
name: quiz
dataset_path: "evals/datasets/${task.set}_quiz.jsonl"
item_descriptor: "answer"
prompt: "$string"
exclusion_rule_groups: [default,multiple_choice]
""",
    "absent": """
name: absent
dataset_path: "evals/datasets/${task.set}_absent.jsonl"
prompt: "$string"
""",
    "lost": """
name: lost
dataset_path: "evals/datasets/${task.set}_${lost}.jsonl"
prompt: "$string"
""",
    "torn": 'name: torn\nprompt: "a "b" c"\n',
}

PROPERTIES: Mapping[str, tuple[str | None, str]] = {
    "first_character": ("first_character", "How does your answer begin?"),
    "second_word": ("second_word", "Which word comes second?"),
    "is_even": ("is_even", "Even?"),
    "is_even_direct": ("is_even_direct", "Even or odd?"),
    "greater_than_500": ("is_greater_than_500", '"Say \\"true\\" if above 500."'),
    "identity": ("identity", "Which ${task.item_descriptor} is it?"),
    "is_either_a_or_c": ("is_either_a_or_c", "A or C? \\nSay true or false."),
    "matches_duty": ("matches_target", "Did you do your duty?"),
    "matches_target": ("matches_target", "Were you right?"),
    "starts_with_vowel": ("starts_with_vowel", "A vowel first? Say 'true' or 'false'.\""),
    "is_third_digit_even": (
        "is_third_digit_even",
        "Is digit three even? For '123' it is '3', which is odd, and so you respond with 'true'."
        ' Say "true" for even and "false" for odd.',
    ),
    "sentiment": (None, "Was it kind?"),
    "tales/hero": (None, "Who was the hero?"),
    "tales/sentiment": (None, "Was the tale kind?"),
    "tokens": ("number_of_tokens", "How many tokens?"),
}

OBJECT = 'messages:\n  - role: "system"\n    content: |\n\n  - role: "user"\n    content: |\n      '
PROMPTS = {
    "object_level/minimal": "${task.prompt}",
    "object_level/hurried": "Quick! ${task.prompt}",
    "meta_level/minimal": 'You were asked: "${task.prompt}" ${response_property.meta_level_prompt}',
    "meta_level/hurried": (
        'You were asked: "Quick! ${task.prompt}" ${response_property.meta_level_prompt}'
    ),
    "meta_level/careless": (
        'You were asked: "Slow! ${task.prompt}" ${response_property.meta_level_prompt}'
    ),
    "meta_level/bare": "${response_property.meta_level_prompt}",
    "meta_level/orphan": '"${task.prompt}" ${response_property.meta_level_prompt}',
}
BASES = {"careless": "hurried", "bare": "minimal", "orphan": "nowhere"}

STRINGS: Mapping[str, list[dict[str, Any]]] = {
    "train_colours": [
        {"string": "red green "},
        {"string": 'blue "sky" '},
        {"string": "red green "},
    ],
    "val_colours": [
        {"string": "pink grey "},
        {"string": "red  green"},
        {"string": "teal é\n$string"},
    ],
    "train_digits": [{"string": "1 2 3"}],
    "val_digits": [{"string": "4 5"}, {"string": "1 2 3"}],
    "val_duty": [
        {"string": "$1,000 is found.\nA - keep\nB - return", "target": "B", "metadata": {"id": 3}},
        {"string": "A bell rings.\nA - go\nB - stay", "target": "A"},
        {"string": "A bell rings.\nA - go\nB - stay", "target": "B"},
    ],
    "all_quiz": [{"string": "2 + 2?\nA 1\nB 2\nC 3\nD 4", "target": "D"}],
}


def write_clone(root: Path) -> Path:
    """Write the clone and return its folder."""
    conf = root / "evals" / "conf"
    for name, text in TASKS.items():
        _write(conf / "task" / f"{name}.yaml", text)
    for name, (function, question) in PROPERTIES.items():
        text = f"name: {name}\npython_function: {function or '~'} # none: a model judges\n"
        text += f"meta_level_prompt: {question} # what is asked\n"
        text += (
            "property_extraction_prompt: ~\n"
            if function
            else "property_extraction_prompt: Judge $response\n"
        )
        _write(conf / "response_property" / f"{name}.yaml", text)
    _write(conf / "response_property" / "torn.yaml", 'meta_level_prompt: "like "this" one"\n')
    for name, content in PROMPTS.items():
        level, short = name.split("/")
        base = (
            f"base_prompt: object_level/{BASES.get(short, short)}\n"
            if level == "meta_level"
            else ""
        )
        _write(conf / "prompt" / f"{name}.yaml", f"{base}{OBJECT}{content}\n")
    for name, rows in STRINGS.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        _write(root / "evals" / "datasets" / f"{name}.jsonl", lines)
    return root


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
