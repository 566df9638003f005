"""Which entry prices a model: exact names, dated names, fine-tuned ones, the user's own file."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from generate.money.prices import PriceTable
from generate.money.usage import Usage

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 11, 20)
MILLION = Usage(1_000_000)

MINE = """
[[price]]
provider = "openai"
models = ["gpt-4.1"]
from = 2026-06-01
until = 2026-12-31
input = 1.50
output = 6.00
source = "our contract"
read = 2026-06-01

[[price]]
provider = "openai"
models = ["our-llama"]
from = 2020-01-01
input = 0
output = 0
"""


@pytest.fixture
def mine(tmp_path):
    def load(text: str = MINE) -> PriceTable:
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return PriceTable.load(path)

    return load


def entry(models: str, rates: str = "input = 1\noutput = 1", start: str = "2026-01-01") -> str:
    return f'[[price]]\nprovider = "openai"\nmodels = {models}\nfrom = {start}\n{rates}\n'


def per_million(table: PriceTable, model: str, day: date = DAY) -> float | None:
    price = table.find("openai", model, day)
    return None if price is None else price.cost(MILLION, batch=False)


def test_exact_names_and_aliases():
    table = PriceTable.load()
    assert table.find("openai", "gpt-5.6", DAY) == table.find("openai", "gpt-5.6-sol", DAY)
    assert table.find("anthropic", "claude-opus-4-5-20251101", DAY)


@pytest.mark.parametrize(
    "name", ["base", "base-2026-03-01", "base-20260301", "base-latest", "base-2019-12-31"]
)
def test_a_dated_name_without_an_entry_is_its_undated_name(mine, name):
    assert per_million(mine(entry('["base"]', "input = 4\noutput = 1")), name) == 4.0


@pytest.mark.parametrize(
    "name", ["base-mini", "base-2026-03", "base-202603011", "base-2026-03-01-x", "Base", "bas"]
)
def test_any_other_name_is_unknown(mine, name):
    assert per_million(mine(entry('["base"]')), name) is None


def test_a_dated_name_with_an_entry_has_its_own_price(mine):
    text = entry('["base"]', "input = 4\noutput = 1")
    text += entry('["base-2026-03-01"]', "input = 9\noutput = 1", start="2026-03-01")
    table = mine(text)
    assert per_million(table, "base-2026-03-01") == 9.0
    assert per_million(table, "base-2026-05-05") == 4.0
    # Its own entry says nothing of February, and what the undated name costs is no answer.
    assert per_million(table, "base-2026-03-01", date(2026, 2, 1)) is None


def test_gpt_4o_of_may_costs_more_than_its_undated_name():
    table = PriceTable.load()
    assert per_million(table, "gpt-4o-2024-05-13") == 5.0
    assert per_million(table, "gpt-4o") == 2.5


def test_before_the_first_day_and_after_the_last_the_price_is_unknown(mine):
    table = mine(entry('["base"]', "until = 2026-01-31\ninput = 1\noutput = 1"))
    known = [day for day in (31, 1) if per_million(table, "base", date(2026, 1, day))]
    assert known == [31, 1]
    assert per_million(table, "base", date(2025, 12, 31)) is None
    assert per_million(table, "base", date(2026, 2, 1)) is None


def test_days_between_two_intervals_are_unknown(mine):
    text = entry('["base"]', "until = 2026-01-31\ninput = 1\noutput = 1")
    table = mine(text + entry('["base"]', "input = 2\noutput = 1", start="2026-03-01"))
    prices = [per_million(table, "base", date(2026, month, 15)) for month in (1, 2, 3)]
    assert prices == [1.0, None, 2.0]


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-99"), ("openai", ""), ("anthropic", "gpt-4.1"), ("openai", "claude-opus-5"),
     ("mistral", "gpt-4.1")],
)  # fmt: skip
def test_an_unknown_model_has_no_price(provider, model):
    assert PriceTable.load().find(provider, model, DAY) is None


def test_free_is_not_unknown(mine):
    table = mine()
    free = table.find("openai", "our-llama", DAY)
    assert free is not None
    assert free.cost(Usage(10, 10, 10, 10, 10), batch=False) == 0.0
    assert free.most(1_000, 1_000, batch=False) == 0.0
    assert table.find("openai", "our-llamas", DAY) is None


# --- fine-tuned -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "dollars"),
    [
        ("ft:gpt-4o-mini-2024-07-18:lab::AbC", 0.3),
        ("ft:gpt-4o-mini-2024-07-18:lab:name:AbC:ckpt-step-90", 0.3),
        ("ft:gpt-4o-mini:lab::AbC", 0.3),
        ("ft:gpt-4o-mini-2030-01-01:lab::AbC", 0.3),
        ("ft:gpt-4o-2024-08-06:lab::AbC", 3.75),
        # Priced itself, but not as the base of a fine-tuned model.
        ("ft:gpt-4o-2024-11-20:lab::AbC", None),
        ("ft:gpt-5:lab::AbC", None),
        ("ft:gpt-99:lab::AbC", None),
        ("ft:", None),
        ("ft", None),
    ],
)
def test_a_fine_tuned_model_is_priced_by_its_base_never_as_its_base(name, dollars):
    assert per_million(PriceTable.load(), name) == dollars


def test_a_fine_tuned_model_may_have_an_entry_of_its_own(mine):
    table = mine(entry('["ft:gpt-4o-mini-2024-07-18:lab::AbC"]', "input = 7\noutput = 1"))
    assert per_million(table, "ft:gpt-4o-mini-2024-07-18:lab::AbC") == 7.0
    assert per_million(table, "ft:gpt-4o-mini-2024-07-18:lab::other") == 0.3


# --- the user's file --------------------------------------------------------------------


def test_a_users_entry_comes_before_the_projects(mine):
    table = mine()
    assert per_million(table, "gpt-4.1") == 1.5
    # Providers answer with the dated name, which the project's table lists.
    assert per_million(table, "gpt-4.1-2025-04-14") == 1.5


def test_what_a_users_file_leaves_out_is_as_in_the_projects(mine):
    table = mine()
    assert per_million(table, "gpt-4.1", date(2026, 5, 31)) == 2.0
    assert per_million(table, "gpt-4.1", date(2027, 1, 1)) == 2.0
    assert per_million(table, "gpt-4o") == 2.5
    assert per_million(table, "ft:gpt-4.1-2025-04-14:lab::AbC") == 3.0


def test_a_rate_left_out_is_not_charged_apart(mine):
    price = mine(entry('["a"]', "input = 3\noutput = 1")).find("openai", "a", DAY)
    for usage in (Usage(0, 1_000_000), Usage(0, 0, 1_000_000), Usage(0, 0, 0, 1_000_000)):
        assert price.cost(usage, batch=False) == price.cost(usage, batch=True) == 3.0
    price = mine(entry('["a"]', "input = 3\noutput = 1\ncache_write = 4")).find("openai", "a", DAY)
    assert price.cost(Usage(0, 0, 0, 1_000_000), batch=False) == 4.0


def test_the_version_names_every_file_behind_a_price(mine):
    own = PriceTable.load().version
    first = mine().version
    assert first.startswith("mine.toml:") and first.endswith(f"+{own}")
    assert len(first) == len("mine.toml:") + 8 + len(f"+{own}")
    assert mine().version == first
    assert mine(MINE + "\n# a note\n").version != first


def test_names_are_there_for_hints(mine):
    table = mine()
    assert {"our-llama", "gpt-4.1"} <= set(table.names("openai"))
    assert table.names("openai") == sorted(set(table.names("openai")))
    assert not set(table.names("anthropic")) & set(table.names("openai"))
    assert table.names("mistral") == []


# --- what it costs to look ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import generate.money.prices", {"pydantic", "polars", "pyarrow", "torch", "numpy"}),
        ("from generate.money.prices import PriceTable; PriceTable.load()",
         {"polars", "pyarrow", "torch", "numpy", "duckdb"}),
    ],
    ids=["import", "load"],
)  # fmt: skip
def test_it_is_light(code, absent):
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not {name.split(".")[0] for name in done.stdout.split()} & absent
