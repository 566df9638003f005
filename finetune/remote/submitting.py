"""`finetune submit`: a training set to a provider, each step written down before it is taken."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from console import plural, say
from finetune.dataset.reading import Rows, chat_lines, rows_for
from finetune.remote import price, states
from finetune.remote.job import FEWEST_ROWS, Preview, Row, Settings, SubmitJob
from finetune.remote.service import FineTuning
from generate.engines.openai import PREFIX, OpenAIProvider, open_model
from generate.remote.patience import patiently
from generate.remote.trouble import Trouble
from warehouse import keys
from warehouse import rows as moments
from warehouse.errors import BudgetError, InputError, LakeError, PartialError, ProviderError

if TYPE_CHECKING:
    from warehouse.lake import Lake
    from warehouse.run import Run

COMMAND = "finetune submit"
# Between the provider's clock and ours.
SKEW = timedelta(minutes=5)


class Submission:
    """A training set and a base at a provider, with what training costs."""

    def __init__(self, lake: Lake, job: SubmitJob) -> None:
        """Read the rows; nothing is sent. Raises InputError for an unknown set or too few rows."""
        self.lake = lake
        base = job.base if job.base.startswith(PREFIX) else PREFIX + job.base
        self.job = replace(job, base=base)
        self.provider: OpenAIProvider = open_model(base, job.options)
        self.rows: Rows = rows_for(lake, job.dataset, self.provider.model["model_id"])
        if len(self.rows.examples) < FEWEST_ROWS:
            raise InputError(
                f"The training set '{job.dataset}' has {plural(len(self.rows.examples), 'row')}; "
                f"the provider takes {FEWEST_ROWS} or more."
            )
        self.tokens = price.tokens(
            [
                [message["content"] for message in [*json.loads(e.messages), {"content": e.reply}]]
                for e in self.rows.examples
            ],
            job.settings.epochs,
        )

    @property
    def price(self) -> price.TrainingPrice | None:
        """What a million trained tokens cost; None where that is not known."""
        if self.job.usd_per_million is not None:
            return price.TrainingPrice(self.job.usd_per_million, "--usd-per-million")
        address = self.provider.address
        return price.find("openai", address.model) if address.url is None else None

    def preview(self) -> Preview:
        """Return what the job comes to."""
        found = self.price
        return Preview(
            model=self.job.base,
            training_set=self.rows.name,
            rows=len(self.rows.examples),
            epochs=self.job.settings.epochs,
            tokens=self.tokens.likely,
            most_tokens=self.tokens.most,
            usd=None if found is None else found.cost(self.tokens.likely),
            most_usd=None if found is None else found.cost(self.tokens.most),
            price=None if found is None else f"${found.usd:g} a million tokens: {found.source}",
        )

    def identity(self) -> str:
        """Return what makes two submissions the same job."""
        return keys.canonical(
            [
                self.rows.training_set_id,
                self.provider.model["model_id"],
                asdict(self.job.settings),
            ]
        )


def submit(lake: Lake, job: SubmitJob) -> Row:
    """Hand a training set to the provider and return its row of `training_jobs`.

    A job that stands already, or whose creation may have happened, is found and not made again.
    Raises InputError for names, a missing key, or a budget without a price; BudgetError where it
    may cost more; ProviderError where it is refused; PartialError where nobody knows.
    """
    work = Submission(lake, job)
    work.provider.address.key()
    with lake.run(COMMAND, _config(work), job.study) as run:
        run.hold(states.WORK)
        states.settle_left(run)
        run.upsert("models", [work.provider.model])
        row = asyncio.run(_handed_over(run, work))
    if row["state"] == "unknown":
        raise PartialError(
            f"Whether the job {row['job_id']} was created is not known: {row['error']}. It is "
            "looked for by: mirrorlake finetune jobs --collect"
        )
    return row


async def _handed_over(run: Run, work: Submission) -> Row:
    service = FineTuning(work.provider)
    try:
        standing = _standing(work)
        if standing is None:
            _require_affordable(work)
            standing = await _create(run, work, service)
        else:
            say(f"Nothing to do: these rows are the job {standing['job_id']}.")
        if standing["state"] == "unknown":
            standing = await look_for(run, service, standing)
        return standing
    finally:
        await work.provider.close()


def _standing(work: Submission) -> Row | None:
    """Return the job that the same submission made before, if it stands."""
    return next((row for row in _before(work) if row["state"] in states.STANDING), None)


def _before(work: Submission) -> list[Row]:
    return [row for row in states.known(work.lake) if _identity(row) == work.identity()]


def _identity(row: Row) -> str:
    settings = json.loads(row["settings"])
    return keys.canonical([row["training_set_id"], row["model_id"], settings])


def _require_affordable(work: Submission) -> None:
    found = work.preview()
    if found.most_usd is None:
        if work.job.max_usd is not None:
            raise InputError(
                f"What training {found.model} costs is not known, so no budget can be kept. Say it "
                "with --usd-per-million, or leave --max-usd out."
            )
        say(
            f"Warning: what training {found.model} costs is not known and stands as NULL, not as "
            "0. Say it with --usd-per-million."
        )
    elif work.job.max_usd is not None and found.most_usd > work.job.max_usd:
        raise BudgetError(
            f"The job may cost ${found.most_usd:,.2f} and --max-usd allows "
            f"${work.job.max_usd:,.2f}. Nothing was sent."
        )


async def _create(run: Run, work: Submission, service: FineTuning) -> Row:
    number = len(_before(work))
    row = states.intend(
        run,
        {
            "job_id": keys.digest(f"{work.identity()} {number}", "f1_", 24),
            "training_set_id": work.rows.training_set_id,
            "model": work.job.base,
            "model_id": work.provider.model["model_id"],
            "settings": keys.canonical(asdict(work.job.settings)),
            "n_rows": len(work.rows.examples),
            "usd_per_million": None if work.price is None else work.price.usd,
            "max_cost_usd": work.preview().most_usd,
        },
    )
    try:
        lines = chat_lines(work.rows.examples)
        file = await patiently(lambda: service.upload(lines), harmless=True)
        row = states.creating(run, row, file)
        settings = Settings(**json.loads(row["settings"]))
        model = work.provider.address.model
        remote_id = await patiently(
            lambda: service.create(row["job_id"], model, file, settings), harmless=False
        )
    except LakeError as error:
        # Refused for certain, or never sent: no key, an empty account.
        states.reject(run, row, str(error))
        raise
    except Trouble as trouble:
        return _troubled(run, row, trouble)
    submitted = moments.now().isoformat()
    row = states.change(run, row, "submitted", remote_id=remote_id, submitted_at=submitted)
    say(f"The job {remote_id} trains on {plural(row['n_rows'], 'row')}.")
    return row


def _troubled(run: Run, row: Row, trouble: Trouble) -> Row:
    # Until `creating` stands in the ledger only a file can have been uploaded, which is free.
    if row["state"] == "creating" and trouble.billed:
        say(f"Whether a job was created is not known: {trouble.what} Looking for it.")
        return states.change(run, row, "unknown", error=trouble.what)
    states.reject(run, row, trouble.what)
    raise ProviderError(
        f"The provider did not take the job: {trouble.what} Nothing was paid; run the same "
        "command again."
    )


async def look_for(run: Run, service: FineTuning, row: Row) -> Row:
    """Attach an `unknown` job if it can be found now; it stays as it is if that fails."""
    since = datetime.fromisoformat(row["created_at"]) - SKEW
    try:
        async for remote in service.listed(since):
            if remote.file == row["input_file"] or remote.name == row["job_id"]:
                say(f"Found the job {remote.remote_id} again.")
                submitted = moments.now().isoformat()
                return states.change(
                    run, row, "submitted", remote_id=remote.remote_id, submitted_at=submitted,
                    error=None,
                )  # fmt: skip
    except Trouble as trouble:
        say(f"The provider's jobs could not be listed: {trouble.what}")
        return row
    why = "no job at the provider trains on its file; if you know that there is none, abandon it"
    return states.change(run, row, "unknown", error=why)


def _config(work: Submission) -> dict[str, Any]:
    preview = asdict(work.preview())
    return {**preview, "settings": asdict(work.job.settings), "max_usd": work.job.max_usd}
