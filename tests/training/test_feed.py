"""What a feed counts, and that a training tells it at its end."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from toys import labelled

from conftest import Fit
from seqloom.batch import Batch
from seqloom.training.feed import Feed


def test_padding_is_of_all_positions_that_are_read() -> None:
    feed = Feed()
    assert feed.padding is None and feed.waited is None
    source = iter([labelled([4, 2]), labelled([3, 3, 3])])
    feed.next(source)
    assert feed.padding == pytest.approx(2 / 8)
    feed.next(source)
    assert feed.padding == pytest.approx(2 / 17)


def test_waiting_is_a_share_of_waiting_and_work(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])

    def slow() -> Iterator[Batch]:
        now[0] += 1.0
        yield labelled([1])

    feed = Feed()
    feed.next(slow())
    assert feed.waited == 1.0
    feed.worked(3.0)
    assert feed.waited == 0.25


def test_a_training_tells_what_it_took(small: Fit, tmp_path: Path) -> None:
    small("bigru", tmp_path / "run", steps=4)
    end = json.loads((tmp_path / "run" / "events.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert end["event"] == "finished"
    assert 0 < end["padding"] < 0.5 and 0 < end["waited"] < 1
    assert end["bytes_step"] is None or 0 <= end["bytes_step"] < 2**31
