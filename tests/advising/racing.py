"""What the tests of advising share: small files with a known answer, and contestants that only pretend to learn."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqloom.advising.contestant import Contestant
from seqloom.advising.judging import Judge, Look, look_of
from seqloom.comparing.measures import measure_of
from seqloom.spec import parse

ROWS = 100
"""Held-out rows of a pretended race."""
WORDS = [f"말{number}" for number in range(12)]


def in_order(rows: int, seed: int = 0) -> str:
    """Return a table of texts whose label is which of two words comes first: nothing else tells it."""
    chosen, lines = random.Random(seed), ["text\tlabel"]
    for _ in range(rows):
        words = chosen.choices(WORDS, k=6)
        first, second = sorted(chosen.sample(range(6), 2))
        label = chosen.choice(["갑", "을"])
        words[first], words[second] = ("A", "B") if label == "갑" else ("B", "A")
        lines.append(f"{' '.join(words)}\t{label}")
    return "\n".join(lines) + "\n"


def of_words(rows: int, seed: int = 0) -> str:
    """Return a table of texts whose label one word tells, wherever it stands."""
    chosen, lines = random.Random(seed), ["text\tlabel"]
    for _ in range(rows):
        words, label = chosen.choices(WORDS, k=30), chosen.choice(["good", "bad"])
        for place in chosen.sample(range(30), 6):
            words[place] = label
        lines.append(f"{' '.join(words)}\t{label}")
    return "\n".join(lines) + "\n"


class Clock:
    """Time that passes only where somebody trains or looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Pretender(Contestant):
    """A contestant whose accuracy is a function of the seconds that it trained, each of which reads `speed` tokens."""

    def __init__(self, name: str, clock: Clock, learnt: Callable[[float], float], speed: int = 1000) -> None:
        spec = parse({"task": "classify"})
        super().__init__(name, spec, None)  # type: ignore[arg-type]
        self.clock, self.learnt, self.speed = clock, learnt, speed
        self.closed = 0

    def close(self) -> None:
        """Count how often it was let go."""
        self.closed += 1

    def _train(self, until: float) -> None:
        if self.failed_at is not None and until > self.failed_at:
            from seqloom.errors import NumberError

            raise NumberError("a loss that is not finite")
        self.clock.now += max(0.0, until - self.seconds)
        self.seconds = max(until, self.seconds)
        self.tokens, self.updates = int(self.speed * self.seconds) + 1, int(10 * self.seconds)

    failed_at: float | None = None

    def _look(self, judge: Judge) -> None:
        right = round(ROWS * self.learnt(self.seconds))
        stats = np.stack([np.arange(ROWS) < right, np.ones(ROWS)], -1).astype(np.float64)
        judge.measure = measure_of("accuracy")
        look: Look = look_of(judge.measure, stats, 1 - right / ROWS, 0.0)
        self.curve.append((self.seconds, look.value))
        if self.best is None or look.loss < self.best.loss:
            self.best, self.waited = look, 0
        else:
            self.waited += 1


def write(folder: Path, name: str, text: str) -> str:
    """Write a file and return its path as text."""
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)
