"""Make the golden digests of all prompts from the formula, without the package that is tested.

    python tests/ingest/introspection/make_digests.py ../shared/data/introspection_self_prediction

Written from the paper's formula alone; it imports nothing of the project and no YAML library. For
every task and property of a clone it hashes the prompts of all validation strings:

    object        B + "\n"
    hypothetical  opener + B in double quotes + a space + Q + "\n"

where B is the task's prompt around the string, Q the property's question, and the opener what the
clone's `meta_level/minimal.yaml` says before the quotation. The digests are of
the prompts, each followed by a NUL. No text of the clone is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

ESCAPES = {"n": "\n", "t": "\t", "P": "\u2029", "L": "\u2028", '"': '"', "\\": "\\"}


def scalar(text: str, name: str) -> str:
    """The value of a top-level name: a double-quoted scalar, or a plain one up to its comment."""
    [line] = [line for line in text.split("\n") if line.startswith(f"{name}: ")]
    rest = line[len(name) + 2 :]
    if rest.startswith('"'):
        [quoted] = re.findall(r'^"((?:[^"\\]|\\.)*)"', rest)
        return re.sub(r"\\(.)", lambda escape: ESCAPES[escape[1]], quoted)
    return re.split(r"\s+#", rest)[0].strip()


def digest(prompts: list[str]) -> str:
    """The SHA-256 of prompts, each followed by a NUL."""
    return hashlib.sha256("".join(f"{prompt}\0" for prompt in prompts).encode()).hexdigest()


def bodies(root: Path, file: Path) -> list[str]:
    """B for every validation string of a task."""
    text = file.read_text("utf-8")
    path = scalar(text, "dataset_path").replace("${task.set}", "val")
    path = path.replace("${task.name}", scalar(text, "name"))
    prompt = scalar(text, "prompt").replace(
        "${task.item_descriptor}", scalar(text, "item_descriptor")
    )
    lines = (root / path).read_text("utf-8").split("\n")
    strings = [json.loads(line)["string"] for line in lines if line]
    before, after = prompt.split("$string")
    return [before + string + after for string in strings]


def opening(file: Path) -> str:
    """What stands before the quotation, which the file's only line with both places holds."""
    [line] = [line for line in file.read_text("utf-8").split("\n") if "${task.prompt}" in line]
    before, after = line.strip().split('"${task.prompt}"')
    assert after == " ${response_property.meta_level_prompt}"
    return before


def main(root: Path) -> None:
    """Print the digests as JSON."""
    conf = root / "evals" / "conf"
    opener = opening(conf / "prompt" / "meta_level" / "minimal.yaml")
    questions = {
        file.stem: scalar(file.read_text("utf-8"), "meta_level_prompt")
        for file in sorted(conf.glob("response_property/*.yaml"))
    }
    found: dict[str, dict[str, str]] = {}
    for file in sorted(conf.glob("task/*.yaml")):
        asked = bodies(root, file)
        found[file.stem] = {"object": digest([f"{body}\n" for body in asked])} | {
            name: digest([f'{opener}"{body}" {question}\n' for body in asked])
            for name, question in questions.items()
        }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
