"""How a side of a speed table is asked: a line of JSON in, a line of JSON out. Nothing here imports a framework.

    {"make": work}  build the work            -> {"made": true}, or {"refused": why}
    {"run": 5}      do it five times in a row -> {"seconds": ..., "cpu": ..., "did": ...}

The first line out says what the side is. `seconds` are of the clock, `cpu` of the processor, `did` is the sum of what
the calls returned, None where they returned nothing. Whatever else a framework prints goes to standard error.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

Work = dict[str, Any]
Once = Callable[[], float | None]


class Refused(Exception):
    """This side cannot do this work; the page says why."""


class Lines:
    """Reads questions and writes answers. Standard output becomes standard error for everybody else."""

    def __init__(self, about: str) -> None:
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        self.answer(about=about)

    def answer(self, **said: Any) -> None:
        """Write one line."""
        self._out.write(json.dumps(said) + "\n")
        self._out.flush()

    def question(self) -> dict[str, Any] | None:
        """Wait for a line; None: there are no more."""
        line = sys.stdin.readline()
        return json.loads(line) if line else None


def serve(about: str, make: Callable[[Work], Once]) -> None:
    """Say what this side is, then build and do what is asked, until nobody asks.

    `make` is given the row's work with the side's setting laid over it, and `threads`, how many to use.
    """
    lines = Lines(about)
    once: Once | None = None
    while (question := lines.question()) is not None:
        if "make" in question:
            once = None  # the work before goes first: two at a time might not fit
            try:
                once = make(question["make"])
            except Refused as refused:
                lines.answer(refused=str(refused))
            else:
                lines.answer(made=True)
            continue
        assert once is not None, "asked to run before anything was made"
        clock, cpu = time.perf_counter(), time.process_time()
        told = [once() for _ in range(question["run"])]
        clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
        lines.answer(seconds=clock, cpu=cpu, did=_sum(told))


class Turns:
    """For a loop that cannot be asked for one turn: it calls `did` after each, and is held there until more is asked.

    turns = Turns("JoeyNMT 2.3.0")
    work = turns.work()             # waits for the row's work
    for batch in ...:               # the foreign loop
        train(batch)
        turns.did(tokens)           # the first call, of a turn that nobody asked for, only waits
    """

    def __init__(self, about: str) -> None:
        self._lines, self._left, self._told = Lines(about), 0, []
        self._clock = self._cpu = 0.0

    def work(self, missing: str | None = None) -> Work:
        """Wait for the row's work and return it, or refuse it where something is `missing`, and end."""
        question = self._lines.question()
        while question is not None and missing:
            self._lines.answer(refused=missing)
            question = self._lines.question()
        if question is None:
            raise SystemExit
        self._lines.answer(made=True)
        return question["make"]

    def did(self, amount: float | None = None) -> None:
        """Say that one more turn is done; return when the next one is asked for."""
        self._told.append(amount)
        self._left -= 1
        if self._left > 0:
            return
        if self._left == 0:
            clock, cpu = time.perf_counter() - self._clock, time.process_time() - self._cpu
            self._lines.answer(seconds=clock, cpu=cpu, did=_sum(self._told))
        self._wait()

    def _wait(self) -> None:
        question = self._lines.question()
        while question is not None and "make" in question:
            self._lines.answer(refused="this side does one row in a process")
            question = self._lines.question()
        if question is None:
            _end()
        self._left, self._told = question["run"], []
        self._clock, self._cpu = time.perf_counter(), time.process_time()


def _sum(told: list[float | None]) -> float | None:
    amounts = [amount for amount in told if amount is not None]
    return sum(amounts) if amounts else None


def _end() -> NoReturn:
    """Leave at once: a foreign loop would catch an exception and save what it has."""
    os._exit(0)


def sizes(work: Mapping[str, Any], *names: str) -> list[int]:
    """Return some of a work's numbers."""
    return [int(work[name]) for name in names]
