"""A price file that cannot be used is refused in one sentence that says where and what to do."""

from __future__ import annotations

import pytest

from generate.money.prices import PriceTable
from warehouse.errors import InputError

GOOD = """
[[price]]
provider = "openai"
models = ["a"]
from = 2026-01-01
input = 2.5
output = 10
batch_factor = 0.5

[[price]]
provider = "anthropic"
models = ["b", "c"]
from = 2026-01-01
until = 2026-12-31
input = 1
cache_read = 0.1
cache_write = 1.25
cache_write_1h = 2
output = 5
[price.long]
above = 1000
input = 2
cache_read = 0.2
cache_write = 2.5
cache_write_1h = 4
output = 10
[price.fine_tuned]
input = 3
output = 4
"""


def refusal(tmp_path, content: str | bytes) -> str:
    path = tmp_path / "mine.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError) as caught:
        PriceTable.load(path)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "FILE")


def test_a_good_file_loads(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert "a" in PriceTable.load(path).names("openai")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("output = 10\nbatch", "outptu = 10\nbatch",
         "[[price]] number 1, 'outptu' is not a setting. Did you mean 'output'?"),
        ("output = 10\nbatch", "batch",
         "[[price]] number 1, 'output' is missing; it must be US dollars for a million tokens,"
         " such as 2.5."),
        ("input = 2.5", 'input = "ten"',
         "[[price]] number 1, 'input' is \"ten\"; it must be US dollars for a million tokens,"
         " such as 2.5."),
        ("input = 2.5", "input = -2.5",
         "[[price]] number 1, 'input' is -2.5; it must be US dollars for a million tokens,"
         " such as 2.5."),
        ("input = 2.5", "input = 1e400", "[[price]] number 1, 'input' is Infinity; it must be US"),
        ("input = 2.5", "input = 2_500_000", "[[price]] number 1, 'input' is 2500000; it must"),
        ("input = 2.5", "input = nan", "[[price]] number 1, 'input' is NaN; it must be US"),
        ("input = 2.5", "input = inf", "[[price]] number 1, 'input' is Infinity; it must be US"),
        ("input = 2.5", "input = true", "[[price]] number 1, 'input' is true; it must be US"),
        ('"openai"', '"opanai"',
         "[[price]] number 1, 'provider' is not known. Did you mean 'openai'?"),
        ('["a"]', '"a"',
         "[[price]] number 1, 'models' is \"a\"; it must be a list of names and aliases,"
         ' such as ["gpt-4o"].'),
        ('["a"]', "[]", "[[price]] number 1, 'models' is []; it must be a list of names"),
        ('["a"]', '["a", " "]', "[[price]] number 1, 'models' is \" \"; it must be a list of"),
        ('["a"]', '["a", "a"]', "[[price]] number 1 cannot be used: it names a model twice."),
        ("from = 2026-01-01\ninput", 'from = "2026-01-01"\ninput',
         "[[price]] number 1, 'from' is \"2026-01-01\"; it must be a date such as 2026-01-31,"
         " without quotes."),
        ("from = 2026-01-01\ninput", "from = 2026\ninput",
         "[[price]] number 1, 'from' is 2026; it must be a date"),
        ("from = 2026-01-01\ninput", "from = 2026-01-01T00:00:00Z\ninput",
         "[[price]] number 1, 'from' is \"2026-01-01 00:00:00+00:00\"; it must be a date"),
        ("from = 2026-01-01\ninput", "start = 2026-01-01\ninput",
         "[[price]] number 1, 'start' is not a setting. Known: "),
        ("until = 2026-12-31", "until = 2025-12-31",
         "[[price]] number 2 cannot be used: it ends on 2025-12-31, before it begins on"
         " 2026-01-01."),
        ("batch_factor = 0.5", "batch_factor = 50",
         "[[price]] number 1, 'batch_factor' is 50; it must be a number from 0 to 1, such as 0.5"
         " for half the price."),
        ("batch_factor = 0.5", "batch = 0.5",
         "[[price]] number 1, 'batch' is 0.5; it must be rates, such as"
         " { input = 1.25, output = 5.0 }."),
        ("batch_factor = 0.5", "batch = { input = 1, outputs = 5 }",
         "[[price]] number 1, 'batch' 'outputs' is not a setting. Did you mean 'output'?"),
        ("batch_factor = 0.5", "batch_factor = 0.5\nbatch = { input = 1, output = 5 }",
         "[[price]] number 1 cannot be used: write either batch or batch_factor, not both."),
        ("above = 1000", "above = 0",
         "[[price]] number 2, 'long' 'above' is 0; it must be the longest prompt at the usual"
         " rates, in tokens."),
        ("above = 1000", "over = 1000",
         "[[price]] number 2, 'long' 'over' is not a setting. Did you mean 'above'?"),
        ("output = 4", "output = [4]", "[[price]] number 2, 'fine_tuned' 'output' is [4]; it"),
        ("cache_write_1h = 2\n", "",
         "[[price]] number 2 cannot be used: Anthropic bills its cache apart, so cache_read,"
         " cache_write and cache_write_1h are needed wherever rates stand."),
        ("cache_read = 0.2\n", "", "[[price]] number 2 cannot be used: Anthropic bills its cache"),
        ("[[price]]\nprovider = \"openai\"", "[price]\nprovider = \"openai\"",
         "cannot be read: "),
        ("[[price]]", "[[prices]]", "'prices' is not a setting. Did you mean 'price'?"),
        ("[[price]]", "[[price]", "cannot be read: "),
        (GOOD, "", "'price' is missing; it must be one [[price]] for each interval of rates."),
        (GOOD, "price = 3", "'price' is 3; it must be one [[price]] for each interval of rates."),
        (GOOD, "price = [3]", "[[price]] number 1 is 3; it must be one [[price]] for each"),
        (GOOD, "version = 3\n" + GOOD,
         "'version' is 3; it must be a name for the table, such as \"2026-01-31\"."),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_sentence(tmp_path, old, new, sentence):
    assert old in GOOD
    said = refusal(tmp_path, GOOD.replace(old, new))
    assert said.startswith("The price file FILE")
    assert sentence in said


def test_a_single_bracket_is_explained(tmp_path):
    said = refusal(tmp_path, GOOD.replace("[[price]]", "[price]"))
    assert said == (
        "The price file FILE cannot be read: write [[price]] in double brackets, once for each"
        " interval of rates."
    )


def entry(start: str, until: str = "") -> str:
    until = f"until = {until}\n" if until else ""
    return (
        f'[[price]]\nprovider = "openai"\nmodels = ["a"]\nfrom = {start}\n{until}'
        "input = 1\noutput = 1\n"
    )


def test_overlapping_intervals_are_refused(tmp_path):
    later, earlier = entry("2026-06-01"), entry("2026-01-01", "2026-06-01")
    assert refusal(tmp_path, later + entry("2025-01-01", "2025-01-31") + earlier) == (
        "The price file FILE: [[price]] numbers 3 and 1 both price 'a' on 2026-06-01."
        " Write until = 2026-05-31 in number 3."
    )
    assert refusal(tmp_path, later + later) == (
        "The price file FILE: [[price]] numbers 1 and 2 both price 'a' on 2026-06-01."
        " Leave one of them out."
    )


def test_the_same_name_at_two_providers_does_not_overlap(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(GOOD.replace('["b", "c"]', '["a"]'))
    assert "a" in PriceTable.load(path).names("anthropic")


def test_a_file_that_is_not_text(tmp_path):
    said = refusal(tmp_path, b"\xff\xfe\x00")
    assert said == "The price file FILE cannot be read: it is not UTF-8 text."


def test_a_deep_file_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path, "a = " + "[" * 5_000)


def test_a_missing_file_names_the_nearest(tmp_path):
    (tmp_path / "prices.toml").write_text(GOOD)
    with pytest.raises(InputError, match=r"There is no price file .* Did you mean '.*prices\.toml"):
        PriceTable.load(tmp_path / "price.toml")


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        PriceTable.load(tmp_path)


def test_a_long_value_is_quoted_in_brief(tmp_path):
    said = refusal(tmp_path, GOOD.replace("input = 2.5", f'input = "{"long " * 200}"'))
    assert len(said) < 300
