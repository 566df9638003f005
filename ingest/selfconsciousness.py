"""Question sets of *From Imitation to Introspection* (Chen et al., 2024) as question rows.

Testing sets become the data set `selfconsciousness`, the fine-tuning sets of its fourth step
`selfconsciousness/acquisition`. Options are taken out of the question text, so that they can
be shown in any order; everything else of the text stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from ingest.groups import dialogue_group, state_group, stem_group
from ingest.options import Split, split_options
from ingest.pinned import blob_id, download, selfconsciousness
from ingest.tables import read_bytes, records, sha256
from warehouse.errors import InputError
from warehouse.keys import canonical, question_id

Row = dict[str, Any]

DATASET = "selfconsciousness"
ACQUISITION = "selfconsciousness/acquisition"

_UPSTREAM = {
    "situational_awareness": "SAD",
    "sequential_planning": "PlanBench",
    "belief": "FanToM",
    "intention": "IntentionQA",
    "self_reflection": "FanToM",
    "self_improve": "PlanBench",
    "deception": "TruthfulQA",
    "known_knowns": "PopQA-TP",
    "known_unknowns": "SelfAware",
    "harm": "WMDP",
}
_GROUPS: dict[str, Callable[[str], str]] = {
    "sequential_planning": state_group,
    "self_improve": state_group,
    "belief": dialogue_group,
    "self_reflection": dialogue_group,
}

# What shares the first part of a group's id; what is not named is the domain of a state.
_KINDS = {"known_knowns": "paraphrase", "dialogue": "dialogue", "stem": "stem"}


def read_source(root: Path, narrate: Callable[[str], None]) -> list[Row]:
    """Return the question rows of a clone, in file order, duplicates included.

    Files that are not there are named through `narrate`.

    Raises:
        InputError: no known file under `root`, or a row without its text, options or answer.
    """
    if not root.is_dir():
        raise InputError(f"There is no folder '{root}'; give a clone of the repository.")
    files = selfconsciousness().files
    present = [path for path in files if (root / path).is_file()]
    if not present:
        raise InputError(
            f"'{root}' holds none of the repository's {len(files)} question files, such as "
            "testing_set/deception.json; give the folder of a clone."
        )
    missing = [path for path in files if path not in present]
    if missing:
        narrate(f"Not there, and left out: {', '.join(missing)}.")
    return [row for path in present for row in _file_rows(root, path, narrate)]


def source_rows(source: Path | None, lake: Path, narrate: Callable[[str], None]) -> list[Row]:
    """Return the question rows of a clone or, without one, of the verified download.

    Raises:
        InputError: as `read_source`, or the files could not be downloaded.
    """
    if source is None:
        pinned = selfconsciousness()
        cache = lake / "sources" / "selfconsciousness" / pinned.commit
        source = download(pinned, cache, narrate=narrate)
    return read_source(source, narrate)


def _file_rows(root: Path, path: str, narrate: Callable[[str], None]) -> list[Row]:
    data = read_bytes(root / path)
    if blob_id(data) != selfconsciousness().files[path]:
        narrate(f"{path} is not the file of the pinned commit; it is read as it is.")
    digest = sha256(data)
    return [
        _row(record, path, number) | {"source_digest": digest}
        for number, record in enumerate(records(data, path), 1)
    ]


def _place(path: str) -> tuple[str, str, str]:
    parts = PurePosixPath(path)
    if parts.parts[0] == "testing_set":
        return DATASET, parts.stem, "test"
    split = "train" if "training_set" in parts.parts else "eval"
    return ACQUISITION, parts.stem, split


def _row(record: Row, path: str, number: int) -> Row:
    dataset, concept, split = _place(path)
    where = f"{path}, row {number}"
    tested = dataset == DATASET
    parts = _parts(record, "question" if tested else "instruction", where)
    messages = [{"role": "user", "content": parts.stem}]
    return {
        "question_id": question_id(dataset, messages, parts.choices),
        "dataset": dataset,
        "concept": concept,
        "split": split,
        "group_id": (group := _group(record, concept, parts.stem)),
        "group_kind": _KINDS.get(group.split("/")[0], "state"),
        "messages": canonical(messages),
        "choices": list(parts.choices),
        "answer": _answer(record, "true_answer" if tested else "output", where),
        "source_file": path,
        "source_row": number,
        "licence": f"not stated by the repository; questions from {_UPSTREAM[concept]}",
        "metadata": _metadata(record, parts),
    }


def _parts(record: Row, field: str, where: str) -> Split:
    text = record.get(field)
    if not isinstance(text, str) or "\0" in text:
        raise InputError(f"{where}: '{field}' must hold the question's text, without NUL.")
    parts = split_options(text)
    if parts is None:
        raise InputError(f"{where}: '{field}' does not end in two options, (A) and (B).")
    return parts


def _answer(record: Row, field: str, where: str) -> str:
    answer = record.get(field)
    if answer not in ("A", "B"):
        raise InputError(f"{where}: '{field}' must be A or B, not {str(answer)[:40]!r}.")
    return str(answer)


def _group(record: Row, concept: str, stem: str) -> str:
    if concept == "known_knowns" and "id" in record:
        return f"known_knowns/{record['id']}"
    return _GROUPS.get(concept, stem_group)(stem)


def _metadata(record: Row, parts: Split) -> str | None:
    # The seed's `input` is empty throughout; a filled one would be kept here.
    kept: Row = {
        key: record[key] for key in ("id", "template_id", "input") if record.get(key, "") != ""
    }
    if parts.choices[0].strip() == parts.choices[1].strip():
        kept["identical_options"] = True
    if parts.glued:
        kept["glued_options"] = True
    return canonical(json.loads(json.dumps(kept), parse_constant=str)) if kept else None
