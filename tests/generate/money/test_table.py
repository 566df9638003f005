"""The project's own table: where each number comes from, and that none is absurd."""

from __future__ import annotations

from datetime import date

import pytest

from generate.money.form import FileForm, PriceForm
from generate.money.prices import OWN, PriceTable
from generate.money.reading import content, read

FORM: FileForm = read(OWN, content(OWN))
ENTRIES = [pytest.param(one, id=f"{one.models[0]} {one.start}") for one in FORM.price]


def test_the_version_is_the_day_of_its_latest_source():
    assert FORM.version == max(entry.read for entry in FORM.price).isoformat()
    assert PriceTable.load().version == FORM.version


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_says_where_its_numbers_come_from(entry: PriceForm):
    assert entry.source
    assert entry.read
    # A price that was read before it held was an announcement.
    assert date(2023, 1, 1) < entry.start <= entry.read
    assert entry.read <= date.fromisoformat(FORM.version)


@pytest.mark.parametrize("entry", ENTRIES)
def test_rates_are_sane(entry: PriceForm):
    tables = [entry, entry.long, entry.fine_tuned]
    for table in filter(None, tables):
        tariff = table.tariff()
        for rates in (tariff.single, tariff.batch):
            assert 0 < rates.cache_read <= rates.input < rates.output
            assert rates.input <= rates.cache_write <= rates.cache_write_1h
            # Dollars for a million tokens, not cents and not for a thousand.
            assert 10_000 <= rates.input <= 200_000_000
        for part in ("input", "cache_read", "cache_write", "cache_write_1h", "output"):
            assert getattr(tariff.batch, part) <= getattr(tariff.single, part)


@pytest.mark.parametrize("entry", ENTRIES)
def test_what_has_batches_has_them_throughout(entry: PriceForm):
    tables = [one for one in (entry, entry.long, entry.fine_tuned) if one]
    assert len({bool(one.batch or one.batch_factor) for one in tables}) == 1


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.values[0].long])
def test_long_prompts_cost_more(entry: PriceForm):
    assert entry.long.input > entry.input
    assert entry.long.output > entry.output


@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.values[0].provider == "anthropic"])
def test_anthropics_cache_is_priced_as_it_says(entry: PriceForm):
    # 1.25 times the input for 5 minutes, twice for an hour; its oldest model was rounded down.
    for table in filter(None, (entry, entry.long)):
        assert table.cache_write_1h == 2 * table.input
        rounded = entry.models[0] == "claude-3-haiku-20240307"
        assert rounded or table.cache_write * 4 == 5 * table.input
        assert table.tariff().batch.output * 2 == table.tariff().single.output


def test_every_name_is_priced_today():
    table = PriceTable.load()
    for provider in ("openai", "anthropic"):
        for name in table.names(provider):
            assert table.find(provider, name, date.fromisoformat(FORM.version)), name


def test_only_models_of_openai_are_fine_tuned():
    assert {one.provider for one in FORM.price if one.fine_tuned} == {"openai"}
