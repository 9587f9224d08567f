"""Progress: events pass unchanged, and what is shown is said to the letter; time is a list, never a clock."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from seqloom.report.progress import duration, line, progress


@pytest.fixture(autouse=True)
def _able_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")


@dataclass(frozen=True)
class Made:
    """An event of a kind, with values."""

    event: str
    values: dict[str, Any]

    def record(self) -> dict[str, Any]:
        return {"event": self.event, **self.values}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def step(number: int, **values: Any) -> Made:
    return Made("step", {"step": number, **values})


def readings(times: list[float]) -> Callable[[], float]:
    left = iter(times)
    return lambda: next(left)


def test_a_step_to_the_letter() -> None:
    record = step(
        1200,
        epoch=1.25,
        loss=1.63214,
        lr=1e-3,
        grad_norm=0.8321,
        grad_norm_clipped=0.5,
        tokens_per_second=52_149.0,
        seconds_left=200.4,
    ).record()
    assert line(record, 20000) == (
        "step 1200/20000  epoch 1.25  loss 1.632  lr 0.001  gradient 0.8321  gradient clipped 0.5"
        "  52.1k tokens/s  3 min 20 s left"
    )


def test_a_validation_and_a_checkpoint_say_what_they_are() -> None:
    assert line({"event": "valid", "step": 5, "loss": 0.25, "f1/긍정": 0.9, "best": True}) == (
        "valid  step 5  loss 0.25  f1/긍정 0.9  best"
    )
    assert line({"event": "valid", "step": 5, "metrics": {"loss": 0.25}}) == "valid  step 5  loss 0.25"
    assert line({"event": "saved", "step": 5, "path": "checkpoints/step-5"}) == "saved  step 5  path checkpoints/step-5"


def test_what_is_unknown_or_empty_is_left_out() -> None:
    record = {"event": "step", "step": 1, "loss": 1.0, "seconds_left": None, "best": False, "parts": [1, 2]}
    assert line(record) == "step 1  loss 1"


def test_the_records_own_total_comes_first() -> None:
    assert line({"event": "step", "step": 1, "steps": 9}, 5) == "step 1/9"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (3600, "1 h 00 min"),
        (7530, "2 h 05 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_events_pass_unchanged_and_one_at_a_time(stream: type[io.StringIO]) -> None:
    made = []

    def events() -> Iterator[Made]:
        for number in range(3):
            made.append(step(number, loss=1.0))
            yield made[-1]

    seen = []
    for event in progress(events(), steps=3, stream=stream()):
        seen.append(event)
        assert len(made) == len(seen)
    assert all(a is b for a, b in zip(seen, made, strict=True))


def test_plain_lines_come_at_intervals_and_validations_always() -> None:
    out = io.StringIO()
    events = [step(1), step(2), Made("valid", {"step": 2}), step(3), step(4)]
    # readings: step 1 asks and is shown (0, 0); step 2 asks (4); step 3 asks and is shown (10, 10); step 4 asks (19)
    list(progress(events, stream=out, every=10, clock=readings([0, 0, 4, 10, 10, 19])))
    assert out.getvalue().splitlines() == ["step 1", "valid  step 2", "step 3"]


def test_a_terminal_shows_a_bar_and_validations_above_it() -> None:
    out = Terminal()
    events = [step(1, loss=2.0), Made("valid", {"step": 1, "loss": 1.5, "note": "[bold]"}), step(2, loss=1.0)]
    list(progress(events, steps=2, stream=out))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue())
    assert "valid  step 1/2  loss 1.5  note [bold]" in text
    assert "━" * 16 + " step 2/2  loss 1" in text


def test_a_narrow_terminal_keeps_the_bar_and_what_is_most_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    out = Terminal()
    values = {"epoch": 1.0, "lr": 0.1, "grad_norm": 1.0, "tokens_per_second": 9.0, "seconds_left": 5.0, "loss": 2.0}
    list(progress([step(1, **values)], steps=2, stream=out))
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).split("\r")[-1].rstrip()
    assert last.endswith("…") and len(last) <= 60
    assert last.startswith("━━━━╺━━━") and " step 1/2  loss 2  5 s left  9 " in last


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    list(progress([step(1, loss=2.0)], stream=out))
    assert out.getvalue() == "step 1  loss 2\n"


def test_a_bar_is_closed_when_training_fails() -> None:
    out = Terminal()

    def events() -> Iterator[Made]:
        yield step(1)
        raise RuntimeError("bad")

    with pytest.raises(RuntimeError, match="bad"):
        list(progress(events(), stream=out))
    assert "\x1b[?25h" in out.getvalue()  # the cursor is shown again


def test_any_event_with_a_record_will_do() -> None:
    @dataclass(frozen=True)
    class Step:
        step: int
        loss: float

        def record(self) -> dict[str, Any]:
            return {"event": "step", **asdict(self)}

    out = io.StringIO()
    list(progress([Step(3, 0.5)], stream=out))
    assert out.getvalue() == "step 3  loss 0.5\n"


def test_what_is_to_come_is_said_with_units() -> None:
    record = {"event": "started", "parameters": 1234567, "seconds_estimated": 4440.0, "bytes_estimated": 8 * 2**20}
    assert line(record) == "started  1,234,567 parameters  about 1 h 14 min  about 8 MiB of memory"


def test_values_of_many_labels_are_left_out() -> None:
    shown = line({"event": "valid", "step": 3, "metrics": {"loss": 0.5} | {f"f1/{one}": 0.9 for one in "가나다라마"}})
    assert shown == "valid  step 3  loss 0.5"
