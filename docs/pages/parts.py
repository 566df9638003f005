"""Generated parts of hand-written pages, each between two comments that no reader sees."""

from __future__ import annotations

import re
from collections.abc import Mapping

_PART = re.compile(r"(<!-- make docs: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, parts: Mapping[str, str], page: str) -> str:
    """Return a page with its parts as they are now; raise KeyError for an unknown part."""

    def part(match: re.Match[str]) -> str:
        if match["name"] not in parts:
            raise KeyError(f"{page} asks for the part '{match['name']}'; known: {sorted(parts)}")
        return f"{match[1]}{parts[match['name']].strip()}\n{match[3]}"

    return _PART.sub(part, text)
