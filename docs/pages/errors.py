"""`docs/errors.md`: the exit codes and every kind of error, from `warehouse/errors.py`."""

from __future__ import annotations

import inspect

from pages.markdown import fence, grid, page
from warehouse import errors

CODES = (
    ("0", "Done."),
    ("1", "A part was done and kept. The same command again does the rest."),
    (
        "2",
        "Refused, or something is wrong with the input, the lake or the disk. One sentence on"
        " stderr says what, where and what to do; nothing is left half-written.",
    ),
    ("130", "Stopped by Ctrl-C. What was finished is kept; the same command goes on."),
)


def pages() -> dict[str, str]:
    """Return the page of errors."""
    return {"errors.md": _errors()}


def _errors() -> str:
    title, tree = inspect.cleandoc(errors.__doc__ or "").split("\n\n", 1)
    return page(
        "# Errors and exit codes",
        "Made from `warehouse/errors.py` by `make docs`.",
        grid(("exit code", "meaning"), CODES),
        title,
        fence("text", tree),
        "A traceback is a fault of the program, never the answer to a mistake of yours. "
        "What a killed process leaves behind stands in [reliability](reliability.md).",
    )
