"""Small training sets and jobs for tests that hand them to the loopback provider."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import openai  # noqa: F401  imported before forking

from finetune.dataset.sets import Example, Selection
from finetune.dataset.storing import store
from finetune.remote import overseeing, service, states, submitting
from finetune.remote.job import Row, Settings, SubmitJob
from generate.engines.base import Options
from tests.provider.process import DIRECT
from tests.warehouse.faults import Shim
from warehouse import keys
from warehouse.errors import LakeError, PartialError
from warehouse.lake import Lake, open_lake

ROWS = 12
SET = "twelve"
# After so many finishing commands in a row nothing more can be waited for.
MOST_TRIES = 10


def examples(count: int = ROWS) -> list[Example]:
    """Return rows of a training set."""
    return [
        Example(
            "object", f"q{number}", f"g{number}", "words", None,
            keys.canonical([{"role": "user", "content": f"Name the {number}."}]), f"word {number}",
        )
        for number in range(count)
    ]  # fmt: skip


def begin(path: Path, count: int = ROWS) -> Lake:
    """Return a new lake with a training set."""
    lake = open_lake(path, create=True)
    job = Selection(name=SET, questions="none")
    store(lake, job, "answers", {"questions": "none"}, examples(count), None)
    return lake


def job(server: str, base: str = "gpt-loop", **more: Any) -> SubmitJob:
    """Return a job for a model on the server at a URL."""
    given = {"base": f"openai:{base}@{server}/v1", "dataset": SET, "usd_per_million": 3.0}
    return SubmitJob(**{**given, **more})


def rows(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query over all that is published."""
    with lake.reader() as con:
        return con.execute(query).fetchall()


# --- what the workers of the kill test do -----------------------------------------------------


def work(path: Path, server: str, base: str) -> None:
    """Submit the lake's training set and bring home its model."""
    with closing(open_lake(path)) as lake:
        with suppress(PartialError):
            submitting.submit(lake, job(server, base))
        with suppress(LakeError):
            overseeing.collect_all(lake, Options())


def finish(path: Path, server: str, base: str) -> None:
    """Repeat the commands until the model is there; give up what the provider never had."""
    for _ in range(MOST_TRIES):
        work(path, server, base)
        with closing(open_lake(path)) as lake:
            if states.known(lake, "succeeded"):
                return
            for row in states.known(lake, "unknown"):
                if not at_provider(server, base):
                    overseeing.abandon(lake, row["job_id"])
    raise AssertionError("the job never ended")


def at_provider(server: str, base: str) -> list[dict[str, Any]]:
    """Return the provider's jobs on a base, asked behind its endpoints."""
    import json

    with DIRECT.open(f"{server}/_jobs", timeout=30) as reply:
        return [one for one in json.load(reply) if one["model"] == base]


def assert_paid_once(path: Path, server: str, base: str) -> None:
    """One job was made, its model is in the lake, and its money is a closed row of attempts."""
    made = at_provider(server, base)
    assert len(made) == 1, made
    with closing(open_lake(path)) as lake:
        [found] = states.known(lake, "succeeded")
        assert found["remote_id"] == made[0]["id"]
        [(name, run)] = rows(
            lake, "SELECT name, training_run FROM models WHERE training_run IS NOT NULL"
        )
        assert run == found["job_id"] and found["tuned_model"] in name
        paid = rows(lake, "SELECT request_key, outcome, cost_usd FROM attempts")
        assert (found["job_id"], "ok", found["cost_usd"]) in paid, paid
        # Others can only be of jobs that were given up: never made, counted at their highest price.
        others = {outcome for key, outcome, _ in paid if key != found["job_id"]}
        assert others <= {"unknown"}, paid


def watch_network(shim: Shim) -> None:
    """Make every call of the service two steps of a shim: before it leaves, after it came back.

    Half of a creation is the call without hearing its answer.
    """
    for name in ("upload", "create", "find"):
        setattr(service.FineTuning, name, _watched(shim, name, getattr(service.FineTuning, name)))


def _watched(shim: Shim, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    async def watched(self: Any, *arguments: Any) -> Any:
        def half() -> None:
            if name == "create":
                _create(self.provider, *arguments)

        shim.step(f"call {name}", shim.folder, lambda: None, half)
        result = await real(self, *arguments)
        shim.step(f"heard {name}", shim.folder, lambda: None)
        return result

    return watched


def _create(provider: Any, name: str, model: str, file: str, settings: Settings) -> None:
    """Create a job and do not hear of it."""
    import json

    body = {"model": model, "training_file": file, "metadata": {service.NAME: name}}
    request = urllib.request.Request(
        f"{provider.address.url}/fine_tuning/jobs",
        json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": "Bearer none"},
    )
    with DIRECT.open(request, timeout=30) as reply:
        reply.read()


def only(lake: Lake) -> Row:
    """Return the one job of a lake."""
    [found] = states.known(lake)
    return found
