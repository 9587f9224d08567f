"""Contestants: a training that is held still again and again is, to the last bit, one that never was."""

import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from racing import in_order, write
from torch import Tensor

from seqloom.advising.contestant import Contestant
from seqloom.advising.entrants import Wanted
from seqloom.advising.judging import Judge, Look
from seqloom.advising.reading import Reading
from seqloom.comparing.measures import measure_of
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


@pytest.mark.parametrize(
    ("metric", "bests", "waited"),
    [("loss", [0, 1, 1, 1, 4], [0, 0, 1, 2, 0]), ("accuracy", [0, 0, 2, 2, 2], [0, 1, 0, 1, 2])],
)
def test_the_look_that_is_kept_is_the_one_training_would_keep(
    metric: str, bests: list[int], waited: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of losses the lowest, of shares that are right the highest; how long there was no gain is counted from there."""
    ((one, begin),) = entered(write(tmp_path, "a.tsv", in_order(40)), "lstm")
    one.spec.fit.metric = metric
    begin(tmp_path / "run", Flag())
    judge, stats = Judge(None), np.zeros((2, 2))
    judge.measure = measure_of("accuracy")
    told = ((0.9, 0.5), (0.8, 0.4), (0.85, 0.7), (0.9, 0.7), (0.3, 0.6))
    looks = [Look(value, 0.1, loss, stats, 0.0) for loss, value in told]
    left = iter(looks)
    monkeypatch.setattr(judge, "look", lambda *words: next(left))
    for best, since in zip(bests, waited, strict=True):
        one._look(judge)
        assert one.best is looks[best] and one.waited == since
    assert [value for _, value in one.curve] == [look.value for look in looks] and not one.settled
    one.close()


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
