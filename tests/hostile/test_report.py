"""500 hostile texts from a file to a report in Chromium: nothing runs, no request leaves."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from reports.sections.items import LONGEST_REPLY
from tests.hostile.seeds import as_toml
from tests.hostile.texts import NAMES, TEXTS, frames
from tests.reports.reading import elements
from tests.reports.test_browser import browse

# A report shows three questions of three families, and 24 answers to each.
DATASETS, QUESTIONS, MODELS, SAMPLES = 2, 3, 3, 7
REPLIES = DATASETS * QUESTIONS * MODELS * SAMPLES
# Texts in one reply; the long ones, which are cut, stand last.
TOGETHER = 4
# How far apart the texts are that stand in each of the other places.
FACTORS = {"question": 7, "first": 11, "second": 13, "concept": 17, "group": 1, "licence": 19,
           "model": 150, "persona": 31, "prompt": 37}  # fmt: skip
KNOWN_TAGS = {
    "a", "article", "aside", "bdi", "body", "button", "caption", "code", "dd", "details", "div",
    "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "head", "header", "html",
    "li", "main", "meta", "nav", "noscript", "ol", "p", "pre", "script", "section", "span",
    "strong", "style", "summary", "table", "tbody", "td", "th", "thead", "time", "title", "tr",
    "ul", "svg", "g", "path", "rect", "line", "text", "defs", "clippath", "circle",
    # Vega's own, empty, for controls of a chart.
    "form",
}  # fmt: skip


def say(number: int) -> str:
    """Return reply `number`: texts from each quarter of the 500."""
    quarter = len(TEXTS) // TOGETHER
    return "\n".join(TEXTS[number % quarter + quarter * part] for part in range(TOGETHER))


def rows(shift: int) -> list[dict]:
    """Return answers whose every text is hostile; where the replies do not, `shift` turns them."""
    text = {name: (lambda place, factor=factor: TEXTS[(shift + factor * place) % len(TEXTS)])
            for name, factor in FACTORS.items()}  # fmt: skip
    made, reply = [], 0
    for place in range(DATASETS * QUESTIONS):
        dataset, question = divmod(place, QUESTIONS)
        asked = {
            "dataset": f"{dataset} {NAMES[(shift + dataset) % len(NAMES)]}",
            "question": f"{question + 1} {text['question'](place)}",
            "choices": [text["first"](place), f"{text['second'](place)} or not"],
            "answer": "AB"[question % 2],
            "concept": text["concept"](dataset),
            "group_id": f"{place} {text['group'](place)}",
            "licence": text["licence"](place),
        }
        for model in range(MODELS):
            who = {"model": text["model"](model)}
            if model:
                who |= {"persona": text["persona"](model), "system_prompt": text["prompt"](model)}
            share = -0.1 - 0.2 * question - 0.05 * model
            made.append(asked | who | {"choice_logprobs": [share, -0.9], "sample_index": 0})
            for sample in range(SAMPLES):
                what = "error" if reply % 6 == 5 else "text"
                made.append(asked | who | {what: say(reply), "sample_index": sample})
                reply += 1
    return made


def build(folder: Path, shift: int = 0) -> str:
    """Return the report of a study over hostile rows, made by `mirrorlake run`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / '<img src=x onerror="document.title=1">.jsonl'
    made = rows(shift)
    file.write_text("".join(f"{json.dumps(row)}\n" for row in made), "utf-8")
    study = {
        "name": "hostile", "question": TEXTS[(shift + 60) % 500],
        "source": TEXTS[(shift + 61) % 500],
        "ingest": [{"source": "responses", "path": file.name}],
        "analyze": [{"analysis": "quantify",
                     "questions": list(dict.fromkeys(row["dataset"] for row in made))}],
    }  # fmt: skip
    (folder / "hostile.toml").write_bytes(as_toml(study))
    words = ["run", str(folder / "hostile.toml"), "--lake", str(folder / "lake")]
    done = CliRunner().invoke(main, [*words, "--out", str(folder / "report")])
    assert done.exit_code == 0, done.output
    return (folder / "report" / "index.html").read_text("utf-8")


def verbatim(dom: str) -> list[str]:
    """Return the texts of the elements that show what was said, as a reader sees them."""
    found = re.findall(r'<pre dir="auto" tabindex="0" class="verbatim">(.*?)</pre>', dom, re.DOTALL)
    return [unescape(text) for text in found]


def assert_harmless(chromium: str, folder: Path, page: str) -> str:
    """Open a page; return its DOM after asserting that nothing of it ran, asked or broke out."""
    dom, requests = browse(chromium, folder, page)
    root = re.search(r"<html[^>]*>", dom)
    assert root
    assert 'data-charts="drawn"' in root[0]
    assert "data-owned" not in root[0]
    assert "chart failed" not in dom
    assert requests == []
    found = elements(dom)
    assert {tag for tag, _ in found} <= KNOWN_TAGS
    assert not [name for _, attributes in found for name in attributes if name.startswith("on")]
    links = [attributes.get("href") or "#" for tag, attributes in found if tag == "a"]
    assert not [link for link in links if not link.startswith(("#", "data:text/csv;"))]
    assert sum(tag == "script" and not a.get("type") for tag, a in found) == 2
    return dom


def shown(dom: str) -> int:
    """Return how many of the 500 texts a reader sees letter by letter; of long ones, the start."""
    seen = "\0".join(verbatim(dom))
    return sum((text if len(text) < LONGEST_REPLY else text[:100]) in seen for text in TEXTS)


def test_500_hostile_replies_are_text_and_nothing_else(chromium: str, tmp_path: Path) -> None:
    dom = assert_harmless(chromium, tmp_path, build(tmp_path))
    print(f"\n{shown(dom)} of {len(set(TEXTS))} hostile texts shown as text; 0 scripts, 0 requests")
    assert (len(set(TEXTS)), shown(dom)) == (500, 500)


def test_the_same_texts_raw_do_run_and_ask(chromium: str, tmp_path: Path) -> None:
    """The proof above can fail: unescaped and without a policy, most attacks reach the network."""
    _, requests = browse(chromium, tmp_path, frames(NAMES))
    reached = {int(n) for r in requests for n in re.findall(rb"\bt(\d+)\.leak\.invalid", r)}
    print(f"\n{len(reached)} of {len(NAMES)} attacks reach the network when they are not escaped")
    assert len(reached) > 30


@pytest.mark.soak
def test_hostile_texts_in_every_other_place(chromium: str, tmp_path: Path) -> None:
    for shift in range(0, len(TEXTS), 20):
        dom = assert_harmless(chromium, tmp_path / str(shift), build(tmp_path / str(shift), shift))
        assert shown(dom) == len(TEXTS)
