"""How the sides of bench/decoding.py are asked: a line of JSON in, the seconds of one decoding out.

Every side is a process of its own and has the same sentences; nothing here imports a framework.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

VOCABULARY, EOS = 8000, 2


@dataclass(frozen=True)
class Turn:
    """One decoding: sentences side by side, hypotheses of each, tokens to write, threads."""

    batch: int
    beam: int
    length: int
    threads: int


def sources(count: int) -> list[list[int]]:
    """Return sentences of 10 to 30 ids, EOS at the end; the first has 20."""
    chosen = random.Random(3)
    lengths = [20, *(chosen.randint(10, 30) for _ in range(count - 1))]
    return [[*(chosen.randrange(5, VOCABULARY) for _ in range(length - 1)), EOS] for length in lengths]


def serve(about: str, write: Callable[[Turn], list[int]]) -> None:
    """Say what this side is, then decode once for every line, until there are no more.

    `write` returns how many tokens it wrote to each sentence, its end among them.
    """
    print(json.dumps({"about": about}), flush=True)
    for line in sys.stdin:
        turn = Turn(**json.loads(line))
        started = time.perf_counter()
        lengths = write(turn)
        seconds = time.perf_counter() - started
        print(json.dumps({"seconds": seconds, "lengths": lengths}), flush=True)
