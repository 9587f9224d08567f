"""Lets every test of training import the toys beside it, and gives it small files and a small `fit`."""

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

from toys import LANGUAGE, tiny

from seqloom.training.run import Run, fit

Fit = Callable[..., Run]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave out fsync, which a busy disk makes slow, and keep the number of threads that a test may change."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of 90 short reviews of ragged length, Korean and English, of two labels that a model can tell."""
    chosen = random.Random(5)
    words = {"좋음": ["훌륭한", "fine", "정말", "great"], "나쁨": ["지루한", "dull", "별로", "poor"]}
    lines = ["text\tlabel"]
    for number in range(90):
        label = chosen.choice(list(words))
        text = " ".join(chosen.choices([*words[label], "영화", "film", str(number)], k=chosen.randint(2, 9)))
        lines.append(f"{text} {chosen.choice(words[label])}\t{label}")
    path = tmp_path_factory.mktemp("자료") / "reviews.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a text of some 1,500 characters with a little order in it."""
    chosen = random.Random(6)
    lines = [" ".join(chosen.choices(["hello", "world", "하늘", "바다", "and", "the"], k=6)) for _ in range(60)]
    path = tmp_path_factory.mktemp("자료") / "book.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def small(reviews: Path, book: Path) -> Fit:
    """Return `fit` for tiny models: small("lstm" | "gpt" | "bigru" | ..., folder, section={...}, steps=...)."""

    def run(arch: str, out: Path, **options: Any) -> Run:
        task, data = ("language", str(book)) if arch in LANGUAGE else ("classify", str(reviews))
        return fit(task, data, out=str(out), **tiny(arch, **options))

    return run
