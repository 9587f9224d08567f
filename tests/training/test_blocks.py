"""What piles up in malloc is given back."""

import sys
from pathlib import Path

import pytest

from conftest import Fit
from seqloom.training import allocator
from seqloom.training.allocator import EVERY, ROOM, Blocks, held


class Libc:
    """Counts how often it is asked to trim."""

    def __init__(self) -> None:
        self.trims = 0

    def malloc_trim(self, pad: int) -> int:
        self.trims += 1
        return 1


def test_blocks_are_given_back_once_they_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    libc, now = Libc(), [ROOM]
    monkeypatch.setattr(allocator, "_libc", lambda: libc)
    monkeypatch.setattr(allocator, "held", lambda: now[0])
    blocks = Blocks()
    assert not any(blocks.after_update() for _ in range(3 * EVERY)), "nothing piled up"
    now[0] += ROOM
    assert [blocks.after_update() for _ in range(EVERY)].count(True) == 1 == libc.trims
    assert not any(blocks.after_update() for _ in range(EVERY)), "what is still held is in use"
    now[0] += ROOM - 1
    assert not any(blocks.after_update() for _ in range(EVERY))
    now[0] += 1
    assert any(blocks.after_update() for _ in range(EVERY)) and libc.trims == 2


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "_libc", lambda: None)
    assert not allocator.keep_blocks() and not any(Blocks().after_update() for _ in range(EVERY))


@pytest.mark.parametrize("keep", [True, False])
def test_the_allocator_is_left_alone_where_that_is_asked_for(
    keep: bool, small: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for place in ("seqloom.training.loop.keep_blocks", "seqloom.training.run.keep_blocks"):
        monkeypatch.setattr(place, lambda: asked.append(1))
    run = small("bigru", tmp_path / "run", steps=1, keep_blocks=keep)
    list(run.predict(["fine film"]))
    assert len(asked) == 2 * keep


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux says what a process holds")
def test_what_is_held_is_known() -> None:
    assert 1 << 24 < held() < 1 << 40
