"""What a language model writes and what surprises it: passages, their nats, and the tokens that cost most."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqloom.pages.run_look import look
from seqloom.pages.run_texts import passage, texts_part
from seqloom.report.figures import Marked, Table
from seqloom.tasks.language import Language
from seqloom.training.run import Run


def test_nats_are_those_of_the_tokens_that_are_shown(
    kept: Callable[[str], tuple[Run, str | None]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("seqloom.pages.run_texts.WINDOWS", 10_000)
    run, _ = kept("language")
    assert isinstance(run.task, Language)
    long = tmp_path / "긴 책.txt"
    long.write_text(Path("book.txt").read_text(encoding="utf-8") * 8, encoding="utf-8")
    data = run.task.evaluation(str(long), lambda note: None, run.model.carries)
    part = texts_part(run, run.task, data)
    table, *passages, hard = part.figures
    assert isinstance(table, Table) and [row[0] for row in table.rows] == [0.7, 1.0]
    assert len(str(table.rows[0][1])) == 200 and table.rows[0][1] != table.rows[1][1]
    highest, median = passages
    assert isinstance(highest, Marked) and isinstance(median, Marked)
    assert highest.weights.mean() > median.weights.mean() > 0 and len(highest.tokens) == len(highest.weights)
    text = "".join(highest.tokens)
    assert set(text) <= set("helowrd 하늘바다\n")
    assert isinstance(hard, Table) and len(hard.rows) > 3
    shares = [float(str(row[3]).rstrip("%")) for row in hard.rows]
    assert shares == sorted(shares, reverse=True) and sum(shares) <= 100.5
    nats, counts = look(run.model, data, None, None, seconds=600.0).sums()
    times = np.array([float(row[1] or 0) for row in hard.rows])
    total = float((times * [float(row[2] or 0) for row in hard.rows]).sum())
    assert len(hard.rows) < 15 and times.sum() == counts.sum(), "every token is named"
    assert total == pytest.approx(nats.sum(), rel=0.02)


def test_a_passage_is_a_part_of_the_text(kept: Callable[[str], tuple[Run, str | None]]) -> None:
    run, _ = kept("language")
    assert isinstance(run.task, Language)
    data = run.task.evaluation("book.txt", lambda note: None, run.model.carries)
    found = passage(run, run.task, data)
    with open("book.txt", encoding="utf-8") as file:
        assert found and found in file.read()
