"""The tasks of *Looking Inward* from a clone of felixbinder/introspection_self_prediction.

Any subset of its files will do. Prompts are kept byte for byte as the clone's files give them,
known damage included; `ingest.introspection.audits` tells of it. Of the configuration only what
decides a prompt is read; Hydra's `${…}` placeholders are filled in, its `???` and `defaults` are
not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from console import listing
from ingest.introspection.applies import applies, known
from ingest.introspection.conf import CONF, mapping, short_name, usable, yaml_files
from ingest.introspection.prompt_files import read_prompts
from ingest.introspection.strings import read_strings
from ingest.introspection.taskset import Asked, Given, Task, TaskSet, resolve
from warehouse.errors import InputError, nearest

DATASET = "introspection"
LICENCE = "not stated by the repository"
DEFAULT_PROMPTS = "minimal"

_EXPECTS = {"multiple_choice": "letter", "numeric": "number", "single_word": "word"}

T = TypeVar("T")
Narrate = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What of a clone is read: everything that it holds, where nothing is named.

    `limit` is the largest number of strings for each task and split.
    """

    prompts: str = DEFAULT_PROMPTS
    tasks: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    limit: int | None = None

    @property
    def dataset(self) -> str:
        """The data set's name: other prompts are another set."""
        return DATASET if self.prompts == DEFAULT_PROMPTS else f"{DATASET}/{self.prompts}"


def read_clone(
    root: Path, wanted: Wanted | None = None, narrate: Narrate = lambda _: None
) -> TaskSet:
    """Return the tasks of a clone; what cannot be used is left out, named through `narrate`.

    Raises:
        InputError: no clone, no such prompts, task or property, or nothing usable.
    """
    wanted = wanted or Wanted()
    if not (root / CONF / "task").is_dir():
        raise InputError(
            f"'{root}' holds no folder {CONF / 'task'}; give the folder of a clone of "
            "felixbinder/introspection_self_prediction."
        )
    prompts = read_prompts(root, wanted.prompts)
    skipped: dict[str, str] = {}
    found = _properties(root, skipped, narrate)
    properties = _named(found, wanted.properties, "property", root)
    tasks = _named(_tasks(root, wanted, skipped, narrate), wanted.tasks, "task", root)
    if not tasks:
        raise InputError(f"'{root}' holds no task with its strings; see what was left out.")
    if not wanted.properties:
        _tell_not_asked(properties, narrate)
    asked = {
        task.name: tuple(one for one in properties if wanted.properties or applies(one, task))
        for task in tasks
    }
    return TaskSet(
        wanted.dataset, LICENCE, prompts, tuple(tasks), tuple(properties), asked, skipped
    )


def _properties(root: Path, skipped: dict[str, str], narrate: Narrate) -> dict[str, Asked]:
    def read(name: str, file: Path) -> Asked:
        found = mapping(file, root)
        question, function = found.get("meta_level_prompt"), found.get("python_function")
        judge = found.get("property_extraction_prompt")
        if not isinstance(question, str):
            raise InputError("it has no meta_level_prompt.")
        return Asked(
            name,
            question,
            function if isinstance(function, str) else None,
            judge if isinstance(judge, str) else None,
            short_name(file, root),
        )

    return dict(usable(yaml_files(root, "response_property"), read, root, skipped, narrate))


def _tasks(
    root: Path, wanted: Wanted, skipped: dict[str, str], narrate: Narrate
) -> dict[str, Task]:
    strings: dict[str, tuple[Given, ...]] = {}

    def read(name: str, file: Path) -> Task:
        found, where = mapping(file, root), short_name(file, root)
        prompt, path = found.get("prompt"), found.get("dataset_path")
        if not isinstance(prompt, str) or "$string" not in prompt or not isinstance(path, str):
            raise InputError("a prompt with $string and a dataset_path are needed.")
        descriptor = str(found.get("item_descriptor") or "")
        names = {"task.name": str(found.get("name") or name), "task.item_descriptor": descriptor}
        located = resolve(path, {**names, "task.set": "{set}"}, where)
        # Several tasks share a file.
        if located not in strings:
            strings[located] = read_strings(root, located, wanted.limit)
        groups = found.get("exclusion_rule_groups") or []
        expects = next((is_ for group, is_ in _EXPECTS.items() if group in groups), "text")
        given = strings[located]
        return Task(name, resolve(prompt, names, where), given, expects, descriptor, where)

    files = yaml_files(root, "task")
    if wanted.tasks:
        files = {name: path for name, path in files.items() if name in wanted.tasks}
    return dict(usable(files, read, root, skipped, narrate))


def _named(found: Mapping[str, T], names: Sequence[str], what: str, root: Path) -> list[T]:
    for name in names:
        if name not in found:
            near = nearest(name, found)
            raise InputError(f"There is no usable {what} '{name}' in '{root}'.{near}")
    return [found[name] for name in dict.fromkeys(names or found)]


def _tell_not_asked(properties: Sequence[Asked], narrate: Narrate) -> None:
    judged = [one.name for one in properties if one.function is None]
    other = [one.name for one in properties if one.function is not None and not known(one)]
    if judged:
        narrate(f"Judged by a model, so asked only by --properties: {listing(judged)}.")
    if other:
        narrate(f"Covered by no rule, so asked only by --properties: {listing(other)}.")
