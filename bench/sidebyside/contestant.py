"""A side that takes part: a process of its own, stopped by a signal while others have their turn."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sidebyside.environments import PINS, python_of
from sidebyside.table import KEPT, SHIPPED, Side

ALLOCATORS: dict[str, dict[str, str]] = {
    SHIPPED: {},
    KEPT: {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str((1 << 31) - 1)},
}
"""mallopt(3): what seqloom.training.allocator asks for, by environment."""


@dataclass(frozen=True)
class Sample:
    """One turn: seconds of the clock, seconds of the processor, how much was done."""

    seconds: float
    cpu: float
    did: float | None


class Refusal(Exception):
    """A side said that it cannot do a row's work."""


class Ended(Refusal):
    """A side ended by itself, with an error of its own."""


class Contestant:
    """A running side. While it is not asked it is stopped, so that threads that wait by spinning wait for nothing."""

    def __init__(self, side: Side, way: str, threads: int) -> None:
        self.side, self.way, self.threads = side, way, threads
        self.name = side.name if side.ways == (SHIPPED,) else f"{side.name}, {way}"
        given = {"OMP_NUM_THREADS": str(threads), "PYTHONWARNINGS": "ignore", **ALLOCATORS[way], **side.variables}
        command = [python_of(side.environment), str(PINS / side.script), *side.words]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **given}
        )
        self.about: str = self._answer()["about"]
        self._stop()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def make(self, work: Mapping[str, Any]) -> None:
        """Have it build some work. Raises Refusal where it cannot."""
        answer = self._ask({"make": {"threads": self.threads, **work}})
        if "refused" in answer:
            raise Refusal(answer["refused"])

    def run(self, times: int) -> Sample:
        """Have it do its work so many times in a row."""
        return Sample(**self._ask({"run": times}))

    def end(self) -> None:
        """Let it go."""
        if self._process.poll() is not None:
            return
        self._go()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        self._go()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Ended(f"it ended with status {self._process.wait()}; its words are above") from None
        answer = self._answer()
        self._stop()
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Ended(f"it ended with status {self._process.wait()}; its words are above")
        found: dict[str, Any] = json.loads(line)
        return found

    def _stop(self) -> None:
        if hasattr(signal, "SIGSTOP"):
            self._process.send_signal(signal.SIGSTOP)

    def _go(self) -> None:
        if hasattr(signal, "SIGCONT"):
            self._process.send_signal(signal.SIGCONT)
