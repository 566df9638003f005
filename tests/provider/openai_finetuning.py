"""OpenAI's fine-tuning: a job trains a model on an uploaded file of chats.

A job is checked, queued, run and over on the provider's clock, whether or not anyone asks for it.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.provider import chance, delivery, replies
from tests.provider.dialects import Body
from tests.provider.openai_batches import refused_metadata
from tests.provider.openai_protocol import worded
from tests.provider.state import STATE, State, failed, page_size, read_json, sender, sent

FEWEST_ROWS = 10
LONGEST_SUFFIX = 64
METHOD = "supervised"
UNTRAINABLE = ("missing", "o9-reason")
FIELDS = frozenset(
    [
        "hyperparameters",
        "integrations",
        "metadata",
        "method",
        "model",
        "seed",
        "suffix",
        "training_file",
        "validation_file",
    ]
)


@dataclass
class Job:
    """One job as the provider knows it; `problem` is what is wrong with its file."""

    id: str
    ordinal: int
    about: Body
    created_at: float
    by: str
    tokens: int
    """Of the file, once."""
    epochs: int
    problem: Body | None
    fails: bool = False
    cancelled_at: float | None = None


async def create(request: web.Request) -> web.StreamResponse:
    """Start a job on an uploaded file; what is wrong in the file is found out later."""
    state = request.app[STATE]
    body = await read_json(request) or {}
    if problem := _refused(state, body):
        return failed(request, state.openai.invalid(*problem))
    if state.settings.take("create_error"):
        return failed(request, state.openai.failure("server_error"))
    job = _created(state, body, sender(request))
    if state.settings.take("create_then_timeout"):
        await asyncio.sleep(state.settings.hold_seconds)
        return delivery.hang_up(request)
    return sent(shown(state, job))


async def retrieve(request: web.Request) -> web.StreamResponse:
    """Show a job."""
    state = request.app[STATE]
    if state.settings.take("poll_error"):
        return failed(request, state.openai.failure("server_error"))
    job = state.jobs.get(request.match_info["id"])
    return sent(shown(state, job)) if job else _no_job(request)


async def index(request: web.Request) -> web.StreamResponse:
    """Show a page of jobs, newest first."""
    state = request.app[STATE]
    if state.settings.take("poll_error"):
        return failed(request, state.openai.failure("server_error"))
    latest = time.time() - state.settings.list_lag_seconds
    jobs = [job for job in reversed(state.jobs.values()) if job.created_at <= latest]
    return _page(request, [shown(state, job) for job in jobs])


async def events(request: web.Request) -> web.StreamResponse:
    """Show a page of what happened to a job, newest first."""
    state = request.app[STATE]
    job = state.jobs.get(request.match_info["id"])
    return _page(request, _events(state, job)) if job else _no_job(request)


async def cancel(request: web.Request) -> web.StreamResponse:
    """Cancel a job that is not over."""
    state = request.app[STATE]
    job = state.jobs.get(request.match_info["id"])
    if job is None:
        return _no_job(request)
    if _status(state, job) in ("succeeded", "failed", "cancelled"):
        message = "Job has already completed."
        return failed(request, worded(400, message, "invalid_request_error"))
    job.cancelled_at = time.time()
    return sent(shown(state, job))


def told(state: State, job: Job) -> Body:
    """Return a job with all that the provider knows of it."""
    return {**shown(state, job), "created_by": job.by}


def shown(state: State, job: Job) -> Body:
    """Return exactly the fields of the SDK's `FineTuningJob`, as they stand now."""
    status = _status(state, job)
    over = status in ("succeeded", "failed", "cancelled")
    good = status == "succeeded"
    given = _hyperparameters(job.about)
    numbers = {"batch_size": "auto", "learning_rate_multiplier": "auto", **given}
    return {
        "id": job.id,
        "object": "fine_tuning.job",
        "created_at": int(job.created_at),
        "error": _error(job) if status == "failed" else None,
        "fine_tuned_model": _model(job) if good else None,
        "finished_at": int(job.created_at + state.settings.batch_seconds) if over else None,
        "hyperparameters": {**numbers, "n_epochs": job.epochs},
        "model": job.about["model"],
        "organization_id": "org-loop",
        "result_files": [f"file-{chance.token(job.id, 'result')}"] if good else [],
        "seed": job.about.get("seed") or job.ordinal,
        "status": status,
        "trained_tokens": job.tokens * job.epochs if good else None,
        "training_file": job.about["training_file"],
        "validation_file": None,
        "estimated_finish": None,
        "integrations": [],
        "metadata": job.about.get("metadata"),
        "method": {"type": METHOD, METHOD: {"hyperparameters": given}},
    }


def _refused(state: State, body: Body) -> tuple[str, str | None] | None:
    """Return why a job is refused at once, and the field that is at fault."""
    if unknown := sorted(body.keys() - FIELDS):
        return f"Unknown parameter: '{unknown[0]}'.", unknown[0]
    if not isinstance(body.get("model"), str) or body["model"] in UNTRAINABLE:
        return f"Model {body.get('model')} is not available for fine-tuning.", "model"
    file = state.files.get(body.get("training_file", ""))
    if file is None or file[0]["purpose"] != "fine-tune":
        return "'training_file' must be a file with purpose 'fine-tune'.", "training_file"
    suffix = body.get("suffix")
    if suffix is not None and not 0 < len(suffix) <= LONGEST_SUFFIX:
        return f"'suffix' must have 1 to {LONGEST_SUFFIX} characters.", "suffix"
    if (body.get("method") or {"type": METHOD}).get("type") != METHOD:
        return "Only supervised fine-tuning is served here.", "method"
    epochs = _hyperparameters(body).get("n_epochs", "auto")
    if epochs != "auto" and not (isinstance(epochs, int) and 1 <= epochs <= 50):
        return "'n_epochs' must be 'auto' or a number from 1 to 50.", "n_epochs"
    problem = refused_metadata(body.get("metadata") or {})
    return (problem, "metadata") if problem else None


def _hyperparameters(body: Body) -> Body:
    method = (body.get("method") or {}).get(METHOD) or {}
    return dict(method.get("hyperparameters") or body.get("hyperparameters") or {})


def _created(state: State, body: Body, by: str) -> Job:
    ordinal = len(state.jobs)
    name = f"ftjob-{chance.token(state.settings.seed, 'job', ordinal)}"
    tokens, problem = checked(state.files[body["training_file"]][1])
    epochs = _hyperparameters(body).get("n_epochs", "auto")
    made = Job(
        id=name,
        ordinal=ordinal,
        about=body,
        created_at=time.time(),
        by=by,
        tokens=tokens,
        epochs=3 if epochs == "auto" else epochs,
        problem=problem,
        fails=state.settings.take("job_failure"),
    )
    state.jobs[name] = made
    return made


def checked(data: bytes) -> tuple[int, Body | None]:
    """Return the tokens of a file of chats, and what is wrong with it if anything."""
    total = rows = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            messages = json.loads(line)["messages"]
            last = messages[-1]
            total += sum(replies.tokens(message["content"]) + 3 for message in messages)
            assert last["role"] == "assistant" and last["content"]
            assert all(m["role"] in ("system", "user", "assistant") for m in messages)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError):
            message = f"Invalid file format. Line {number} is not a chat that ends in a reply."
            return 0, _wrong_file("invalid_training_file", message)
        rows += 1
    if rows < FEWEST_ROWS:
        message = f"Training file has {rows} example(s), but must have at least {FEWEST_ROWS}."
        return 0, _wrong_file("invalid_n_examples", message)
    return total, None


def _wrong_file(code: str, message: str) -> Body:
    return {"code": code, "message": message, "param": "training_file"}


def _error(job: Job) -> Body:
    ended = {"code": "server_error", "message": "The job failed.", "param": None}
    return job.problem or ended


def _status(state: State, job: Job) -> str:
    if job.cancelled_at is not None:
        return "cancelled"
    settings = state.settings
    passed = time.time() - job.created_at
    done = passed / settings.batch_seconds if settings.batch_seconds > 0 else 1.0
    if settings.batch_hold:
        done = min(done, 0.9)
    if job.problem and done >= 0.1:
        return "failed"
    if done >= 1:
        return "failed" if job.fails else "succeeded"
    return "validating_files" if done < 0.1 else "queued" if done < 0.2 else "running"


def _model(job: Job) -> str:
    name = f"{job.about.get('suffix') or ''}:{chance.token(job.id, 'model', length=8)}"
    return f"ft:{job.about['model']}:loop:{name}"


def _events(state: State, job: Job) -> list[Body]:
    said = ["Created fine-tuning job: " + job.id]
    status = _status(state, job)
    if status not in ("validating_files", "queued"):
        said.append("Fine-tuning job started")
    if status in ("succeeded", "failed", "cancelled"):
        said.append("The job has successfully completed" if status == "succeeded" else status)
    return [
        {
            "object": "fine_tuning.job.event",
            "id": f"ftevent-{chance.token(job.id, number)}",
            "created_at": int(job.created_at),
            "level": "info",
            "message": message,
            "data": {},
            "type": "message",
        }
        for number, message in reversed(list(enumerate(said)))
    ]


def _page(request: web.Request, rows: list[Body]) -> web.Response:
    limit = page_size(request, 100)
    if limit is None:
        openai = request.app[STATE].openai
        return failed(request, openai.invalid("'limit' must be from 1 to 100.", "limit"))
    names: list[Any] = [row["id"] for row in rows]
    after = request.query.get("after")
    start = names.index(after) + 1 if after in names else 0
    page = rows[start : start + limit]
    return sent({"object": "list", "data": page, "has_more": start + limit < len(rows)})


def _no_job(request: web.Request) -> web.Response:
    missing = request.app[STATE].openai.missing(f"fine-tuning job: {request.match_info['id']}")
    return failed(request, missing)
