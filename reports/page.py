"""The file: one HTML page with its style, its script, the Vega bundle and a strict policy.

The policy lets only scripts with these exact bytes run and no request leave; expressions of
Vega are interpreted (`ast`), so that no `eval` is needed either.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from reports.markup import Html, tag


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    key: str
    title: str
    body: Html


def page(title: str, header: Html, sections: Sequence[Section]) -> str:
    """Return the whole page."""
    scripts = [bundle(), _asset("page.js")]
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html('<meta name="color-scheme" content="light dark">'),
        Html('<meta name="referrer" content="no-referrer">'),
        tag("title", f"{title} · mirrorlake report"),
        tag("style", Html(_asset("page.css"))),
    )
    main = tag("main", header, *map(_section, sections), id="top")
    body = tag("body", _skip(), _contents(sections), main, *map(_script, scripts))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


@cache
def bundle() -> str:
    """Return Vega, Vega-Lite and vega-embed as one script in its own scope."""
    import vl_convert

    code = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return f"(()=>{{{code}}})();"


def _policy(scripts: Sequence[str]) -> str:
    allowed = " ".join(f"'sha256-{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _script(text: str) -> Html:
    return tag("script", Html(text))


def _skip() -> Html:
    return tag("a", "Skip to the answer", href="#answer", class_="skip")


def _contents(sections: Sequence[Section]) -> Html:
    links = [tag("li", tag("a", s.title, href=f"#{s.key}")) for s in sections]
    inner = tag("details", tag("summary", "Contents"), tag("ol", *links), open=True, id="contents")
    return tag("nav", inner, aria_label="Contents")


def _section(section: Section) -> Html:
    heading = tag("h2", section.title, id=f"{section.key}-title")
    return tag("section", heading, section.body, id=section.key,
               aria_labelledby=f"{section.key}-title")  # fmt: skip


@cache
def _asset(name: str) -> str:
    return resources.files("reports.assets").joinpath(name).read_text(encoding="utf-8")
