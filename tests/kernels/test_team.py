"""Threads that share the products of a step: every part is done once, and nothing that is written differs."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.build import Wiring, build
from seqloom.decoding.engine import packed
from seqloom.decoding.packed_model import packed_model
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import WORDS, decode
from seqloom.kernels import decoder_step
from seqloom.kernels.decoder_step import DecoderSession, together
from seqloom.kernels.draw import Draw
from seqloom.kernels.library import Library
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec

SIZE, VOCABULARY = 256, 600
DECODERS: dict[str, dict[str, Any]] = {
    "lstm": {"kind": "lstm", "size": SIZE},
    "gpt": {"kind": "transformer", "size": SIZE, "layers": 2, "heads": 4},
}
EVERY = 1_000_000_000
"""Nanoseconds of a wait that is long."""


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two threads, however few the weights."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    monkeypatch.setattr(decoder_step, "EACH", 1)
    yield
    torch.set_num_threads(before)


def shared(library: Library, parts: int, times: int, threads: int) -> tuple[Tensor, Tensor]:
    """Return how often each part was done, and by whom [times, parts]."""
    done, who = torch.zeros(2, times, parts, dtype=torch.long)
    library.bind("shares", "iiipp")(parts, times, threads, done.data_ptr(), who.data_ptr())
    return done, who


@pytest.mark.parametrize("threads", [1, 2, 3, 20])
@pytest.mark.parametrize("parts", [1, 2, 3, 8, 37])
def test_every_part_is_done_once(native_library: Library, parts: int, threads: int) -> None:
    for _ in range(5):
        done, who = shared(native_library, parts, 200, threads)
        assert (done == 1).all()
        assert len(who.unique()) <= threads


def test_who_came_late_is_left_out_for_a_while(native_library: Library) -> None:
    left_out = native_library.bind("left_out", "i", "i")
    assert left_out(EVERY)
    _, who = shared(native_library, 8, 500, 2)
    assert len(who.unique()) == 1
    end = time.monotonic() + 20
    while left_out(0):
        assert time.monotonic() < end, "others are left out for ever"


def language(name: str) -> SequenceModel:
    torch.manual_seed(0)
    spec = Spec(
        task="language", target=SideSpec(size=SIZE), decoder=DECODERS[name], heads={"words": {"kind": "tokens"}}
    )
    return build(spec, Wiring(target=VOCABULARY)).eval()


@pytest.mark.parametrize("precision", ["float32", "bf16", "int8"])
@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_what_is_written_is_the_same_to_the_last_bit(
    native_level: Library, two_threads: None, monkeypatch: pytest.MonkeyPatch, name: str, precision: Any, rows: int
) -> None:
    engine: Any = packed(packed_model(language(name), precision), WORDS)
    step, memory = engine.engine.step, engine.engine.read(None, 40)
    even = torch.rand(30, rows, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    start = torch.arange(5, 5 + rows)

    def written() -> tuple[Tensor, ...]:
        session = DecoderSession(step, memory.handle, rows, 40)
        return Draw((0,), 1.0, None, None, None, 4).write(session, start, even)

    assert together(step) == 2
    both = [written() for _ in range(3)]
    monkeypatch.setattr(decoder_step, "EACH", 1 << 40)
    assert together(step) == 1
    alone = written()
    assert all(torch.equal(one, other) for each in both for one, other in zip(each, alone, strict=True))


@pytest.mark.parametrize("beam", [1, 4])
def test_one_sentence_is_searched_to_the_same_answer(
    native_library: Library, two_threads: None, monkeypatch: pytest.MonkeyPatch, beam: int
) -> None:
    asked = Settings(beam=beam, best=beam, max_length=25)
    given = Batch({})
    model, prefixes = language("gpt"), [[7, 8]]
    both = decode([model], given, asked, prefixes=prefixes)
    monkeypatch.setattr(decoder_step, "EACH", 1 << 40)
    assert both == decode([model], given, asked, prefixes=prefixes)
    assert len(both[0]) == beam


def test_threads_are_chosen_by_the_weights(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    engine: Any = packed(language("lstm"), WORDS)
    step = engine.engine.step
    counted = 4 * 4 * SIZE * SIZE + 4 * SIZE * VOCABULARY  # the gates of h, and the logits; those of x are looked up
    assert counted <= step.bytes < 1.2 * counted  # panels are filled up
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    for each, threads in ((step.bytes + 1, 1), (step.bytes, 1), (step.bytes // 3, 3), (1, 64)):
        monkeypatch.setattr(decoder_step, "EACH", each)
        assert together(step) == threads


@pytest.mark.parametrize(("rows", "steps"), [(3, 1), (2, 8)])
def test_nothing_is_written_beyond_the_room_of_a_session(native_library: Library, rows: int, steps: int) -> None:
    engine: Any = packed(packed_model(language("gpt"), "float32"), WORDS)
    read = engine.engine.read(None, 10)
    session = DecoderSession(engine.engine.step, read.handle, 2, 10)
    drawing, start = Draw((0,), 1.0, None, None, None, 0), torch.arange(5, 8)
    drawing.write(session, start[:2], torch.rand(3, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="there is room for 2 and 10"):
        drawing.write(session, start[:rows], torch.rand(steps, rows, dtype=torch.float64))
