"""Events read back from a run folder, whatever happened to the file."""

import json
from pathlib import Path

import pytest

from seqloom.pages.run_events import Events, date, duration, read_events


def written(folder: Path, *lines: bytes | dict[str, object]) -> Events:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (folder / "events.jsonl").write_bytes(b"\n".join(raw) + b"\n")
    return read_events(folder)


def test_records_are_read_in_order_and_found_by_kind(tmp_path: Path) -> None:
    events = written(
        tmp_path, {"event": "step", "step": 1}, {"event": "valid", "step": 2}, {"event": "step", "step": 3}
    )
    assert [one["step"] for one in events.of("step")] == [1, 3]
    assert events.last("step")["step"] == 3 and events.last("finished") == {} and events.damaged == 0


def test_lines_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    events = written(tmp_path, {"event": "step", "step": 1}, b'{"event": "st', b"[1]", b"\xff\xfe")
    assert len(events.records) == 1 and events.damaged == 3


def test_no_file_has_no_events(tmp_path: Path) -> None:
    events = read_events(tmp_path)
    assert events.records == [] and events.seconds is None and events.times == []


def test_time_is_what_the_end_said_or_from_first_to_last(tmp_path: Path) -> None:
    steps: list[dict[str, object]] = [{"event": "step", "step": at, "time": 100.0 + at} for at in (1, 5)]
    assert written(tmp_path, *steps).seconds == 4.0
    assert written(tmp_path, *steps, {"event": "finished", "seconds": 77.5, "time": 200.0}).seconds == 77.5


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (9.96, "10.0 s"), (48.2, "48 s"), (750.0, "12.5 min"), (11520.0, "3.2 h")]
)
def test_durations_are_as_a_person_says_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_dates_are_of_this_machine() -> None:
    assert date(0.0)[:2] in ("19",) and len(date(1795259721.2)) == len("2026-11-21 11:15")
