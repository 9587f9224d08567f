"""Contestants: a training that is held still again and again is, to the last bit, one that never was."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from racing import in_order, write
from torch import Tensor

from seqloom.advising.contestant import Contestant
from seqloom.advising.entrants import Wanted
from seqloom.advising.judging import Judge
from seqloom.advising.reading import Reading
from seqloom.errors import Interrupted
from seqloom.training.signals import Flag, watched

SMALL = ("source.tokens=word", "source.size=8", "source.dropout=0.3", "encoder.size=8", "fit.device=cpu")


Begin = Callable[[Path, Flag], None]


def entered(data: str, *archs: str) -> list[tuple[Contestant, Begin]]:
    """Return contestants and what starts each of them in a folder."""
    reading = Reading(lambda note: None)
    wanted = Wanted("classify", data, settings=(*SMALL, "fit.batch_tokens=64"))

    def one(arch: str) -> tuple[Contestant, Begin]:
        spec, _ = wanted.plan(arch)
        task = reading.task(spec)
        made = Contestant(arch, task.spec, task)
        return made, lambda folder, flag: made.start(lambda carries: reading.parts(spec, carries), folder, flag)

    return [one(arch) for arch in archs]


def weights(one: Contestant) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in one.model.named_parameters()}


def steps(one: Contestant, count: int) -> None:
    for _ in range(count):
        one._train(one.seconds + 1e-9)


def test_turns_change_no_bit(tmp_path: Path) -> None:
    data = write(tmp_path, "a.tsv", in_order(60))
    alone, together = [], []
    for kept, turns in ((alone, [(0, 9), (1, 9)]), (together, [(0, 2), (1, 4), (0, 3), (1, 1), (0, 4), (1, 4)])):
        begun = entered(data, "lstm", "gru")
        pair = [one for one, _ in begun]
        for number, (one, begin) in enumerate(begun):
            begin(tmp_path / f"{len(turns)}{number}", Flag())
            assert one.failed is None and one.parameters > 0
        for place, count in turns:
            steps(pair[place], count)
            pair[place]._look(Judge(None))  # draws nothing that training would
        kept += [weights(one) for one in pair]
        assert [one.updates for one in pair] == [9, 9]
        for one in pair:
            one.close()
    for ours, theirs in zip(alone, together, strict=True):
        assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_signals_are_left_to_who_watches_for_them(tmp_path: Path) -> None:
    begun = entered(write(tmp_path, "a.tsv", in_order(40)), "lstm", "gru")
    (one, _), (other, _) = begun
    before = signal.getsignal(signal.SIGINT)
    with watched() as flag:
        watching = signal.getsignal(signal.SIGINT)
        for number, (_, begin) in enumerate(begun):
            begin(tmp_path / str(number), flag)
        one.close()  # not the last that was begun
        assert signal.getsignal(signal.SIGINT) is watching
        flag.signal = signal.SIGINT
        with pytest.raises(Interrupted):
            other.advance(60, 1, Judge(None))
        other.close()
    assert signal.getsignal(signal.SIGINT) is before


def test_time_is_that_of_training_and_what_goes_wrong_ends_it_alone(tmp_path: Path) -> None:
    ((one, begin),) = entered(write(tmp_path, "a.tsv", in_order(40)), "lstm")
    begin(tmp_path / "run", Flag())
    one.advance(0.2, 2, Judge(None))
    assert 0.2 <= one.seconds < 2 and one.updates > 0 and one.tokens > 0 and len(one.curve) == 2
    assert one.best is not None and 0 <= one.best.value <= 1 and one.cost == one.seconds / one.tokens
    with torch.no_grad():
        next(one.model.parameters()).fill_(float("nan"))
    one.advance(1.0, 1, Judge(None))
    assert one.failed is not None and "not finite" in one.failed
    with pytest.raises(AssertionError):
        _ = one.model  # nothing is held any more


def test_a_model_that_cannot_be_built_says_why(tmp_path: Path) -> None:
    ((one, begin),) = entered(write(tmp_path, "a.tsv", in_order(40)), "lstm")
    one.spec.encoder = {"kind": "lstm", "size": 8, "sise": 3}
    begin(tmp_path / "run", Flag())
    assert one.failed is not None and "sise" in one.failed


def test_a_race_ends_a_training_not_its_own_budget(tmp_path: Path) -> None:
    ((one, begin),) = entered(write(tmp_path, "a.tsv", in_order(40)), "lstm")
    begin(tmp_path / "run", Flag())
    steps(one, 300)  # its own plan says 10 epochs, 200 updates at least, and patience
    assert one.updates == 300 and one.spec.fit.at_least == 200
    one.close()
