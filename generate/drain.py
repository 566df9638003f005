"""Ctrl-C: the first asks for an orderly end, the second stops at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from console import say


class Drain:
    """While entered, Ctrl-C sets `asked` instead of interrupting what is in flight."""

    def __init__(self) -> None:
        """Nothing is asked yet."""
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Drain:
        # Python delivers signals to the main thread only; elsewhere there is nothing to catch.
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        say("\nStopping after what is in flight. Press Ctrl-C again to stop at once.")
        signal.signal(signal.SIGINT, signal.default_int_handler)
