"""Which fault strikes a request.

The draw depends on the seed, the request's id with its attempt, and how often that id came: a
run can be repeated, and a request that is sent again eventually passes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.provider import chance
from tests.provider.settings import KINDS, Settings


@dataclass(frozen=True)
class Name:
    """The id of a request: its key and which attempt at it this is."""

    request: str
    attempt: int | None

    def __str__(self) -> str:
        return self.request if self.attempt is None else f"{self.request}.{self.attempt}"


def named(header: str) -> Name:
    """Return the name that a header such as `key.2` gives."""
    request, _, attempt = header.rpartition(".")
    if request and attempt.isdecimal():
        return Name(request, int(attempt))
    return Name(header, None)


class Faults:
    """Draws faults and remembers whom they struck."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.times: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.made: Counter[str] = Counter()

    def draw(self, name: Name) -> str | None:
        """Return the kind of fault that this request meets now, if any."""
        self.times[str(name)] += 1
        most = self.settings.faults_a_request
        if most is not None and self.struck[name.request] >= most:
            return None
        kind = self._kind(name)
        if kind:
            self.struck[name.request] += 1
            self.made[kind] += 1
        return kind

    def _kind(self, name: Name) -> str | None:
        left = chance.uniform(self.settings.seed, "fault", name, self.times[str(name)])
        for kind in KINDS:
            left -= self.settings.faults.get(kind, 0.0)
            if left < 0:
                return kind
        return None
