"""What people see: stdout is data, stderr is narration, and every failure is one sentence.

A leaf module: every package may use it, it imports nothing of the project but the errors.
"""

from __future__ import annotations

import functools
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import click

from warehouse.errors import DamageError, InputError, Interrupted, LakeError, StorageError

LONGEST_LINE = 700

F = TypeVar("F", bound=Callable[..., Any])

_STOPPED = Interrupted("Stopped. What was finished is kept; run the same command again.")

lake_option = click.option(
    "--lake",
    envvar="MIRRORLAKE_LAKE",
    default="./lake",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Folder of the lake.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
study_option = click.option(
    "--study", default="default", show_default=True, help="Study the rows belong to."
)


def say(text: str) -> None:
    """Narrate on stderr; of a line that quotes a whole file, the middle is left out."""
    lines = (_brief(line) for line in text.split("\n"))
    click.echo(printable("\n".join(lines), keep="\n"), err=True)


def _brief(line: str) -> str:
    # What to do about it stands at the end.
    return line if len(line) <= LONGEST_LINE else f"{line[:400]} … {line[-200:]}"


def next_step(*words: str) -> None:
    """Suggest the command that usually follows, quoted so that a shell reads it as it is."""
    say(f"Next: {shlex.join(words)}")


def emit(value: Any, as_json: bool, text: str) -> None:
    """Print a result on stdout: as JSON for machines, else as the given text."""
    plain = json.dumps(value, ensure_ascii=False, default=str) if as_json else text
    click.echo(printable(plain, keep="\n"))


def printable(text: str, keep: str = "") -> str:
    """Return text in which control characters are spaces: data must not drive the terminal."""
    return "".join(c if c.isprintable() or c in keep else " " for c in text)


def columns(rows: Sequence[Mapping[str, Any]], names: Sequence[str] | None = None) -> str:
    """Return rows as an aligned text table; numbers to the right, NULL as an empty cell."""
    if not rows:
        return "(no rows)"
    names = list(names or rows[0])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(n), *(len(r[i]) for r in cells)) for i, n in enumerate(names)]
    right = [all(isinstance(row.get(n), int | float | None) for row in rows) for n in names]

    def line(values: Sequence[str]) -> str:
        parts = [v.rjust(w) if r else v.ljust(w)
                 for v, w, r in zip(values, widths, right, strict=True)]  # fmt: skip
        return "  ".join(parts).rstrip()

    return "\n".join([line(names), line(["-" * w for w in widths]), *map(line, cells)])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = printable(str(value))
    return text if len(text) <= 80 else text[:79] + "…"


def catch(function: F) -> F:
    """Turn errors into one sentence on stderr and the exit code of their class."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            _refuse_undecodable(kwargs)
            return function(*args, **kwargs)
        except LakeError as error:
            _fail(error)
        except KeyboardInterrupt:
            _fail(_STOPPED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except OSError as error:
            _fail(StorageError(_os_sentence(error)))
        except Exception as error:
            # What DuckDB makes of Ctrl-C during a query.
            if str(error) == "Query interrupted":
                _fail(_STOPPED)
            if not _from_duckdb(error):
                raise
            what = str(error).splitlines()[0]
            _fail(DamageError(f"Rows could not be read ({what}). See: mirrorlake lake check"))

    return wrapper  # type: ignore[return-value]


def _refuse_undecodable(given: Mapping[str, Any]) -> None:
    """Raise InputError for an argument with bytes that no row and no path of a lake can hold."""
    for value in given.values():
        for part in value if isinstance(value, tuple) else (value,):
            shown = str(part).encode("utf-8", "replace").decode()
            if shown != str(part):
                raise InputError(f"The argument '{shown}' is not UTF-8 text; write it in UTF-8.")


def _from_duckdb(error: Exception) -> bool:
    # DuckDB is never imported here: most commands that only print help do without it.
    duckdb = sys.modules.get("duckdb")
    return duckdb is not None and isinstance(error, duckdb.Error)


def _fail(error: LakeError) -> None:
    sentence = " ".join(str(error).splitlines())
    say(f"Error: {sentence}" if error.exit_code == 2 else sentence)
    sys.exit(error.exit_code)


def _os_sentence(error: OSError) -> str:
    # Of a rename that is refused, the second name is the one that people know.
    place = error.filename2 or error.filename
    where = f" at {place}" if place else ""
    what = error.strerror or str(error) or type(error).__name__
    return f"The system refused: {what}{where}. Free space or fix the path, then run it again."


class Progress:
    """A line of progress on stderr: done of total, cached, failed, rate and ETA.

    On a terminal the line is redrawn a few times a second; elsewhere a line appears every
    30 seconds, so that logs stay readable.
    """

    def __init__(
        self, what: str, total: int, cached: int | None = None, unit: str = "answers"
    ) -> None:
        """Start at zero of `total` pieces of work; `cached` are already in the lake.

        Without `cached` the work is of a kind that is neither cached nor can fail in part.
        """
        self.what, self.total, self.cached, self.unit = what, total, cached, unit
        self.done = self.failed = 0
        self._start = time.monotonic()
        self._live = sys.stderr.isatty()
        self._next = self._start + (0.0 if self._live else 30.0)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # Where nothing could be done, the error that follows says all there is to say.
        if self.total and (self.done or kind is None):
            self._draw(final=True)

    def advance(self, done: int, failed: int = 0) -> None:
        """Count finished work and redraw when it is time."""
        self.done += done
        self.failed += failed
        self.tick()

    def tick(self) -> None:
        """Redraw when it is time, also while nothing finishes."""
        if time.monotonic() >= self._next:
            self._draw(final=False)

    def notes(self) -> list[str]:
        """Return what stands between the counts and the rate."""
        if self.cached is None:
            return []
        return [f"{self.cached:,} cached", f"{self.failed:,} failed"]

    def rates(self, seconds: float) -> list[str]:
        """Return what stands after the rate."""
        return []

    def _draw(self, final: bool) -> None:
        now = time.monotonic()
        self._next = now + (0.2 if self._live else 30.0)
        seconds = now - self._start
        rate = self.done / max(seconds, 1e-9)
        left = duration((self.total - self.done) / rate) if rate else "unknown time"
        parts = [
            f"{printable(self.what)}: {self.done:,} of {self.total:,} {self.unit}",
            *self.notes(),
            f"{rate:,.0f}/s",
            *self.rates(seconds),
            f"{duration(seconds)} in all" if final else f"{left} left",
        ]
        line = ", ".join(parts)
        end = "\n" if final or not self._live else ""
        sys.stderr.write((f"\r\x1b[2K{line}" if self._live else line) + end)
        sys.stderr.flush()


def duration(seconds: float) -> str:
    """Return a length of time as people say it (`42 s`, `3 min 5 s`, `2 h 10 min`)."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Return a count with its noun (`1 row`, `2 rows`)."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def listing(names: Iterable[str], limit: int = 12) -> str:
    """Return names as a sentence part, cut at `limit`."""
    items = list(names)
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more
