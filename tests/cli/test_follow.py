"""Follow: pushed events reach a view that pulls, one by one."""

from dataclasses import dataclass
from typing import Any

import pytest

from seqloom.cli.follow import Follow


@dataclass
class Event:
    step: int
    event: str = "step"

    def record(self) -> dict[str, Any]:
        return {"event": self.event, "step": self.step}


def test_each_event_is_shown_when_it_is_pushed(capsys: pytest.CaptureFixture[str]) -> None:
    with Follow() as follow:
        follow(Event(1))
        assert capsys.readouterr().err == "step 1\n"
        follow(Event(2, "valid"))
        assert capsys.readouterr().err == "valid  step 2\n"
        follow(Event(3, "saved"))
    assert capsys.readouterr().err == "saved  step 3\n"
    assert follow.records["step"]["step"] == 1 and follow.records["valid"]["step"] == 2


def test_no_event_is_no_view(capsys: pytest.CaptureFixture[str]) -> None:
    with Follow():
        pass
    assert capsys.readouterr() == ("", "")


def test_an_error_passes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), Follow() as follow:
        follow(Event(1))
        raise KeyError
