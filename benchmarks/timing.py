"""What a measured script does around its work."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed() -> Iterator[None]:
    """Print the seconds of a block as the line that `measure` reads."""
    started = time.perf_counter()
    yield
    print(json.dumps({"seconds": time.perf_counter() - started}))
