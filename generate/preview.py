"""What a job would ask and what that would cost; nothing is written, sent or loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console import say
from generate.engines.base import Request
from generate.job import Preview, ResponsesJob
from generate.money.usage import Usage
from generate.remote.provider import BYTES_A_TOKEN, Provider
from generate.responses import Work, open_work
from warehouse import plan as planning

if TYPE_CHECKING:
    from warehouse.lake import Lake

EXACT = "exact, by the model's own tokenizer"
ESTIMATED = f"estimated at {BYTES_A_TOKEN:g} bytes a token"

_LENGTHS_SQL = """
SELECT reading, median(completion_tokens) FROM responses
WHERE model_id = ? AND completion_tokens IS NOT NULL GROUP BY reading
"""


def preview_responses(lake: Lake, job: ResponsesJob) -> Preview:
    """Return what a job would ask: requests, tokens and price.

    Replies are taken to be as long as the median of those in the lake by the same model and
    reading, and as long as they may be where there are none.
    """
    work = open_work(lake, job)
    with lake.reader() as con:
        plan = planning.plan(con, lake.ledger, work.planned.requests, job.redo)
        usual = dict(con.execute(_LENGTHS_SQL, [work.engine.model["model_id"]]).fetchall())
    found = Preview(**work.scope(plan), **_totals(lake, work, plan, usual))
    if found.most_usd is None:
        say(
            f"Warning: the price of {found.model} is not known: its cost is not 0 but unknown. "
            "Name it with --prices FILE."
        )
    return found


def _totals(
    lake: Lake, work: Work, plan: planning.Plan, usual: Mapping[str, float]
) -> dict[str, Any]:
    chunks = work.chunks(lake, plan)
    if isinstance(work.engine, Provider):
        return _Bill(work.engine, usual, work.job.batch).total(chunks)
    tokens = texts = 0
    for chunk in chunks:
        tokens += sum(work.engine.prompt_tokens(chunk))
        texts += sum(request.reading == "text" for request in chunk)
    return {
        "prompt_tokens": tokens,
        "most_completion_tokens": texts * work.job.asking.sampling.max_tokens,
        "tokens": EXACT,
        "usd": 0.0,
        "most_usd": 0.0,
        "price_table": None,
    }


@dataclass
class _Bill:
    """Adds up what the requests of a provider would take."""

    provider: Provider
    usual: Mapping[str, float]
    batch: bool
    prompt_tokens: int = 0
    most_completion_tokens: int = 0
    usd: float = 0.0
    most_usd: float = 0.0

    def total(self, chunks: Iterable[list[Request]]) -> dict[str, Any]:
        for chunk in chunks:
            for request, tokens in zip(chunk, self.provider.prompt_tokens(chunk), strict=True):
                self._add(request, tokens)
        known = self.provider.free or self.provider.price() is not None
        return {
            "prompt_tokens": self.prompt_tokens,
            "most_completion_tokens": self.most_completion_tokens,
            "tokens": ESTIMATED,
            "usd": self.usd if known else None,
            "most_usd": self.most_usd if known else None,
            "price_table": self.provider.prices.version if known else None,
        }

    def _add(self, request: Request, tokens: int) -> None:
        most = self.provider.most_output(request)
        usual = min(most, round(self.usual.get(request.reading, most)))
        self.prompt_tokens += tokens
        self.most_completion_tokens += most
        self.most_usd += self.provider.most(request, self.batch) or 0.0
        price = None if self.provider.free else self.provider.price()
        if price is not None:
            usage = Usage(input_tokens=tokens, output_tokens=usual)
            self.usd += price.cost(usage, self.batch)
