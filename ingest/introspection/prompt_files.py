"""A pair of prompts from the clone: how questions are put, and how they are asked about."""

from __future__ import annotations

from pathlib import Path

from ingest.introspection.conf import CONF, mapping, short_name, yaml_files
from ingest.introspection.taskset import TASK_PROMPT, Prompts
from warehouse.errors import InputError, nearest


def read_prompts(root: Path, name: str) -> Prompts:
    """Return a pair of prompts: the hypothetical one of a name and the object one it is based on.

    Raises InputError where a file is missing, or the hypothetical prompt quotes no question.
    """
    files = yaml_files(root, "prompt/meta_level")
    if name not in files:
        raise InputError(f"There are no prompts '{name}' in '{root}'.{nearest(name, files)}")
    pair = Prompts(name, _templates(_base(root, files[name], name), root),
                   _templates(files[name], root))  # fmt: skip
    if not any(f"${{{TASK_PROMPT}}}" in content for _, content in pair.hypothetical):
        raise InputError(
            f"The prompts '{name}' do not quote the question that they ask about, so that all "
            "strings would have one prompt; choose others."
        )
    return pair


def _base(root: Path, file: Path, name: str) -> Path:
    base = mapping(file, root).get("base_prompt") or f"object_level/{name}"
    folder = (root / CONF / "prompt").resolve()
    found = folder / f"{base}.yaml"
    if not found.resolve().is_relative_to(folder) or not found.is_file():
        raise InputError(f"{short_name(file, root)}: its base_prompt '{base}' is not in the clone.")
    return root / CONF / "prompt" / f"{base}.yaml"


def _templates(file: Path, root: Path) -> tuple[tuple[str, str], ...]:
    short = short_name(file, root)
    try:
        found = [(str(m["role"]), str(m["content"])) for m in mapping(file, root)["messages"]]
    except (KeyError, TypeError) as error:
        raise InputError(f"{short}: a list 'messages' is needed.") from error
    # The clone's system messages are empty, and an empty one is none.
    filled = tuple((role, content) for role, content in found if content.strip())
    if not filled or filled[-1][0] != "user":
        raise InputError(f"{short}: the last message must be the user's.")
    return filled
