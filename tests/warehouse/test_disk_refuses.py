"""A disk that is full, or fails, at every durable step: one sentence, and nothing is lost."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from tests.warehouse.test_every_step import WORK, pieces, steps
from tests.warehouse.test_every_step import plain as plain
from tests.workers import failures

FULL, BROKEN = errno.ENOSPC, errno.EIO


def one_of_each(plain: Path) -> list[int]:
    """Return the ledger's transactions, and of all other steps the first of its kind and place."""
    first: dict[object, int] = {}
    for number, (kind, path) in enumerate(steps(plain), start=1):
        place = re.sub(r"-[0-9a-f-]+\.|\.\d+\.|/r[0-9a-f]+\.", ".", path)
        first.setdefault(number if kind == "commit" else (kind, place), number)
    return sorted(first.values())


def refused(plain, tmp_path, capsys, numbers, code: int, ever_after: str) -> None:
    every = pieces(tmp_path, plain, str(code), ever_after)
    each = [every[number - 1] for number in numbers]
    assert failures(WORK, "refusal", each) == []
    with capsys.disabled():
        print(f"\n{len(each)} of {len(every)} steps refused ({errno.errorcode[code]})")


def test_a_disk_that_is_full_from_a_step_on_costs_nothing_kept(plain, tmp_path, capsys):
    refused(plain, tmp_path, capsys, one_of_each(plain), FULL, "ever after")


@pytest.mark.soak
@pytest.mark.parametrize(("code", "ever_after"), [(FULL, "ever after"), (FULL, ""), (BROKEN, "")])
def test_a_disk_that_refuses_any_step_costs_nothing_kept(plain, tmp_path, capsys, code, ever_after):
    every = range(1, len(steps(plain)) + 1)
    refused(plain, tmp_path, capsys, every, code, ever_after)
