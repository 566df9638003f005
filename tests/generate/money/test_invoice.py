"""A golden invoice: every rule of the price table, each sum worked out by hand beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from generate.money.price import PICODOLLARS, Price, Rates, Tariff
from generate.money.prices import PriceTable
from generate.money.usage import Usage

TABLE = PriceTable.load()


def cost(model: str, day: date, usage: Usage, batch: bool = False) -> float:
    provider = "anthropic" if model.startswith("claude") else "openai"
    price = TABLE.find(provider, model, day)
    assert price is not None
    return price.cost(usage, batch)


MAY_2025 = date(2025, 5, 1)
NOV_2026 = date(2026, 11, 20)

# Model, day, batch, usage, dollars. Rates are dollars for a million tokens.
INVOICE = {
    # 1,000 x 2 / 1M + 500 x 8 / 1M = 0.002 + 0.004
    "plain": ("gpt-4.1", MAY_2025, False, Usage(1_000, output_tokens=500), 0.006),
    # 400 x 2 / 1M + 600 x 0.50 / 1M + 500 x 8 / 1M = 0.0008 + 0.0003 + 0.004
    "cache read": (
        "gpt-4.1", MAY_2025, False,
        Usage(400, cache_read_tokens=600, output_tokens=500), 0.0051,
    ),
    # 100 x 1 / 1M + 2,000 x 1.25 / 1M + 50 x 5 / 1M = 0.0001 + 0.0025 + 0.00025
    "cache write, 5 minutes": (
        "claude-haiku-4-5", NOV_2026, False,
        Usage(100, cache_write_tokens=2_000, output_tokens=50), 0.00285,
    ),
    # 100 x 1 / 1M + 2,000 x 2 / 1M + 50 x 5 / 1M = 0.0001 + 0.004 + 0.00025
    "cache write, 1 hour": (
        "claude-haiku-4-5", NOV_2026, False,
        Usage(100, cache_write_1h_tokens=2_000, output_tokens=50), 0.00435,
    ),
    # 10 x 1 + 3,000 x 0.10 + 400 x 1.25 + 200 x 2 + 70 x 5
    # = 10 + 300 + 500 + 400 + 350 = 1,560 / 1M
    "all parts of a prompt": (
        "claude-haiku-4-5", NOV_2026, False,
        Usage(10, 3_000, 400, 200, 70), 0.00156,
    ),
    # 1,000 x 1.25 / 1M + 2,000 x 10 / 1M = 0.00125 + 0.02, 1,900 of the 2,000 unseen
    "reasoning is output": (
        "gpt-5", date(2025, 9, 1), False,
        Usage(1_000, output_tokens=2_000, reasoning_tokens=1_900), 0.02125,
    ),
    # The same, half: 0.02125 / 2
    "batch with reasoning": (
        "gpt-5", date(2025, 9, 1), True,
        Usage(1_000, output_tokens=2_000, reasoning_tokens=1_900), 0.010625,
    ),
    # 1,000 x 1 / 1M + 500 x 4 / 1M = 0.001 + 0.002
    "batch": ("gpt-4.1", MAY_2025, True, Usage(1_000, output_tokens=500), 0.003),
    # 400 x 1 / 1M + 600 x 0.50 / 1M + 500 x 4 / 1M: a batch of this model reads at the full rate
    "batch, cache read at its own rate": (
        "gpt-4.1", MAY_2025, True,
        Usage(400, cache_read_tokens=600, output_tokens=500), 0.0027,
    ),
    # 400 x 0.625 / 1M + 600 x 0.0625 / 1M = 0.00025 + 0.0000375
    "batch, cache read at half": (
        "gpt-5", date(2025, 9, 1), True, Usage(400, cache_read_tokens=600), 0.0002875,
    ),
    # 2,000 x 0.625 / 1M
    "batch, cache write, 5 minutes": (
        "claude-haiku-4-5", NOV_2026, True, Usage(0, cache_write_tokens=2_000), 0.00125,
    ),
    # 2,000 x 1 / 1M
    "batch, cache write, 1 hour": (
        "claude-haiku-4-5", NOV_2026, True, Usage(0, cache_write_1h_tokens=2_000), 0.002,
    ),
    # 1,000 x 0.13 / 1M: half of 0.25 rounded up by OpenAI
    "batch at a listed rate": (
        "gpt-5.4", NOV_2026, True, Usage(0, cache_read_tokens=1_000), 0.00013,
    ),
    # 1,000 x 5 / 1M + 100 x 30 / 1M = 0.005 + 0.003
    "no batches offered": (
        "chat-latest", NOV_2026, True, Usage(1_000, output_tokens=100), 0.008,
    ),
    # 1,000 x 0.80 / 1M + 200 x 0.20 / 1M + 500 x 3.20 / 1M = 0.0008 + 0.00004 + 0.0016
    "fine-tuned": (
        "ft:gpt-4.1-mini-2025-04-14:lab::AbC123", NOV_2026, False,
        Usage(1_000, cache_read_tokens=200, output_tokens=500), 0.00244,
    ),
    # 1,000 x 0.40 / 1M + 200 x 0.10 / 1M + 500 x 1.60 / 1M = 0.0004 + 0.00002 + 0.0008
    "fine-tuned, batch": (
        "ft:gpt-4.1-mini-2025-04-14:lab::AbC123", NOV_2026, True,
        Usage(1_000, cache_read_tokens=200, output_tokens=500), 0.00122,
    ),
    # 272,000 x 2.50 / 1M + 10 x 15 / 1M = 0.68 + 0.00015
    "longest usual prompt": (
        "gpt-5.4", NOV_2026, False, Usage(272_000, output_tokens=10), 0.68015,
    ),
    # 200,000 x 5 / 1M + 72,001 x 0.50 / 1M + 10 x 22.50 / 1M = 1 + 0.0360005 + 0.000225
    "long prompt, cached tokens count": (
        "gpt-5.4", NOV_2026, False,
        Usage(200_000, cache_read_tokens=72_001, output_tokens=10), 1.0362255,
    ),
    # 200,000 x 0.25 / 1M + 1,000 x 1.25 / 1M = 0.05 + 0.00125
    "long prompt, batch": (
        "claude-haiku-5-5", NOV_2026, True, Usage(200_000, output_tokens=1_000), 0.05125,
    ),
    # Nothing was sent or generated.
    "nothing": ("gpt-4.1", MAY_2025, False, Usage(0), 0.0),
}  # fmt: skip


@pytest.mark.parametrize("rule", INVOICE)
def test_a_row_of_the_golden_invoice(rule):
    model, day, batch, usage, dollars = INVOICE[rule]
    assert cost(model, day, usage, batch) == dollars


def test_the_invoice_adds_up():
    # 0.006 + 0.0051 + 0.00285 + 0.00435 + 0.00156            = 0.01986
    # 0.02125 + 0.010625 + 0.003 + 0.0027 + 0.0002875         = 0.0378625
    # 0.00125 + 0.002 + 0.00013 + 0.008 + 0.00244 + 0.00122   = 0.01504
    # 0.68015 + 1.0362255 + 0.05125 + 0                       = 1.7676255
    # together                                                = 1.840388
    picodollars = 0
    for model, day, batch, usage, _ in INVOICE.values():
        provider = "anthropic" if model.startswith("claude") else "openai"
        picodollars += TABLE.find(provider, model, day).picodollars(usage, batch)
    assert picodollars == 1_840_388 * PICODOLLARS // 10**6


@pytest.mark.parametrize(
    ("model", "last_day", "before", "after"),
    [
        # 1M x 0.20 / 1M, then 1M x 0.10 / 1M
        ("claude-sonnet-5-5", date(2026, 10, 6), 0.2, 0.1),
        # 1M tokens of a long prompt x 0.20 / 1M, then x 0.04 / 1M
        ("gpt-5.6-luna", date(2026, 7, 29), 0.2, 0.04),
    ],
)
def test_rates_switch_at_midnight_utc(model, last_day, before, after):
    read = Usage(0, cache_read_tokens=1_000_000)
    assert cost(model, last_day, read) == before
    assert cost(model, last_day + timedelta(days=1), read) == after


def test_a_moment_counts_by_its_day_in_utc():
    read = Usage(0, cache_read_tokens=1_000_000)
    last = datetime(2026, 10, 6, 23, 59, 59, 999_999, tzinfo=UTC)
    assert cost("claude-sonnet-5-5", last, read) == 0.2
    assert cost("claude-sonnet-5-5", last + timedelta(microseconds=1), read) == 0.1
    # 01:30 on the 7th in Berlin is 23:30 on the 6th in UTC.
    berlin = datetime(2026, 10, 7, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert cost("claude-sonnet-5-5", berlin, read) == 0.2


def test_a_million_rows_are_exact_to_the_cent():
    # 7 x 0.05 / 1M + 3 x 0.40 / 1M = 0.00000155; a million of them are 1.55 dollars.
    price = TABLE.find("openai", "gpt-5-nano", NOV_2026)
    usage = Usage(7, output_tokens=3)
    assert sum([price.picodollars(usage, False)] * 1_000_000) * 100 == 155 * PICODOLLARS
    assert round(sum([price.cost(usage, False)] * 1_000_000), 6) == 1.55


@pytest.mark.parametrize(
    ("model", "batch", "cache", "dollars"),
    [
        # 1,000 x 2 / 1M + 100 x 8 / 1M: nothing is dearer than plain input
        ("gpt-4.1", False, "1h", 0.0028),
        # 1,000 x 1 / 1M + 100 x 4 / 1M
        ("gpt-4.1", True, "1h", 0.0014),
        # 1,000 x 2 / 1M + 100 x 5 / 1M: all of the prompt may be written for 1 hour
        ("claude-haiku-4-5", False, "1h", 0.0025),
        # 1,000 x 1.25 / 1M + 100 x 5 / 1M
        ("claude-haiku-4-5", False, "5m", 0.00175),
        # 1,000 x 1 / 1M + 100 x 5 / 1M
        ("claude-haiku-4-5", False, "none", 0.0015),
        # 1,000 x 1 / 1M + 100 x 2.50 / 1M
        ("claude-haiku-4-5", True, "1h", 0.00125),
    ],
)
def test_the_most_that_a_request_can_cost(model, batch, cache, dollars):
    provider = "anthropic" if model.startswith("claude") else "openai"
    price = TABLE.find(provider, model, NOV_2026)
    assert price.most(1_000, 100, batch, cache) == dollars


def test_the_most_counts_a_long_prompt_as_long():
    price = TABLE.find("openai", "gpt-5.4", NOV_2026)
    # 300,000 x 5 / 1M + 1,000 x 22.50 / 1M = 1.5 + 0.0225
    assert price.most(300_000, 1_000, False) == 1.5225


def test_the_most_holds_where_long_prompts_are_cheaper():
    cheap, dear = Rates(1, 1, 1, 1, 1), Rates(5, 5, 5, 5, 5)
    price = Price(Tariff(dear, dear), Tariff(cheap, cheap), long_above=10)
    # The 11 tokens are an upper bound: 10 may be sent, at 5 each.
    assert price.most(11, 0, False) == 55 / PICODOLLARS


def test_no_usage_costs_more_than_the_most():
    for name in TABLE.names("openai") + TABLE.names("anthropic"):
        provider = "anthropic" if name.startswith("claude") else "openai"
        price = TABLE.find(provider, name, NOV_2026)
        for usage in (Usage(900, 0, 0, 0, 50), Usage(0, 900, 0, 0, 50),
                      Usage(0, 0, 900, 0, 50), Usage(0, 0, 0, 900, 50)):  # fmt: skip
            for batch in (False, True):
                assert price.cost(usage, batch) <= price.most(900, 50, batch), name
