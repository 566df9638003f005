"""Power of a planned study, printed before it is run."""

from __future__ import annotations

import json

from click.testing import CliRunner

from cli import main


def power(*words: str) -> list[dict]:
    done = CliRunner().invoke(main, ["analyze", "power", "--studies", "100", "--json", *words])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_more_strings_find_less_and_the_crossed_form_less_still():
    few, many = power("--strings", "60", "--strings", "600")
    assert many["found_with_80_percent_power"] < few["found_with_80_percent_power"]
    for row in (few, many):
        assert row["crossed"] < row["found_with_80_percent_power"]
        # Where there is nothing, a test at .05 finds it about so often in 100 studies.
        assert row["found_where_there_is_none"] <= 0.11
        powers = [point["plain"] for point in row["curve"]]
        assert powers[-1] > 0.8 > powers[0]


def test_correlated_items_are_worth_less():
    [loose] = power("--strings", "100", "--properties", "4", "--icc", "0")
    [tight] = power("--strings", "100", "--properties", "4", "--icc", "0.6")
    assert tight["found_with_80_percent_power"] > loose["found_with_80_percent_power"]


def test_shares_that_no_models_can_have_are_one_sentence():
    words = ["analyze", "power", "--other", "0.05", "--chance", "0.5"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
