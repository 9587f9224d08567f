"""The study of time against length: what is timed, its judgement of made times, and the scan against its steps."""

import itertools
import time

import pytest
import torch

from seqloom.errors import InputError, ResourceError
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.learning import outputs
from seqloom.studies.parallel import ARMS, Parallel

GROWTH = {"gru": 1.0, "lstm": 1.0, "attention": 1.8, "mingru": 0.9, "mingru by steps": 1.0}


def rows_of(scale: float = 0.1, **growth: float) -> list[dict[str, object]]:
    """Rows of three seeds whose times are powers of the length; the scan takes `scale` of its steps' time at 1024."""
    factor = dict.fromkeys(ARMS, 1.0) | {"mingru": scale * 1024 ** (1.0 - (GROWTH | growth)["mingru"])}
    return [
        {
            "seed": seed,
            "layer": arm,
            "length": length,
            "seconds": factor[arm] * (1 + seed / 1000) * 1e-5 * length**power,
        }
        for seed in (1, 2, 3)
        for arm, power in (GROWTH | growth).items()
        for length in (64, 256, 512, 1024)
    ]


def test_growth_as_the_claim_has_it_holds() -> None:
    study = Parallel(lengths=[64, 256, 512, 1024])
    verdict = study.judge(rows_of())
    assert verdict.answer == "holds", verdict.reasons
    assert len(study.table(rows_of()).rows) == 5 * 5
    assert [line.name for line in study.figures(rows_of())[0].lines] == list(ARMS)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "growth", [{"gru": 0.5}, {"gru": 1.5}, {"lstm": 1.5}, {"attention": 1.0}, {"mingru": 1.5}, {"scale": 1.0}]
)
def test_each_part_of_the_test_can_break_it(growth: dict[str, float]) -> None:
    assert Parallel(lengths=[64, 256, 512, 1024]).judge(rows_of(**growth)).answer == "does not hold"


def test_the_exponent_is_that_of_the_longer_half() -> None:
    rows = [{**row, "seconds": 1.0} if row["length"] == 64 else row for row in rows_of()]
    assert Parallel(lengths=[64, 256, 512, 1024]).judge(rows).answer == "holds"


def test_every_kind_is_timed_at_every_length_and_the_shortest_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    took = itertools.chain([9.0] * 5, [3.0] * 15, [2.0] * 10 + [5.0] * 5)  # a pass of each kind, two rounds
    now = [0.0]

    def clock() -> float:
        if next(ticks) % 2:  # the end of a pass
            now[0] += next(took)
        return now[0]

    monkeypatch.setattr(time, "perf_counter", clock)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    rows = Parallel(lengths=[3, 5, 7], size=4, rows=2, repeats=2).measure(1, print)
    assert [(row["layer"], row["length"]) for row in rows] == [(arm, n) for arm in ARMS for n in (3, 5, 7)]
    assert [row["seconds"] for row in rows] == [2.0] * 10 + [3.0] * 5


def test_taking_the_scan_away_changes_no_number() -> None:
    study = Parallel(lengths=[3, 5, 7], size=8, rows=2)
    batch = study._batch(1, 7)
    scanned, stepped = (outputs(study._model(arm, 1), batch)["label"] for arm in ("mingru", "mingru by steps"))
    assert torch.allclose(scanned, stepped, atol=1e-6)
    broken = Parallel(lengths=[3, 5, 7], size=8, rows=2, scan=False)._model("mingru", 1)
    assert broken.encoder is not None
    assert broken.encoder.stack.cell(0, "forwards").scan is None  # type: ignore[union-attr, operator]


def test_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="three lengths or more"):
        prepare("parallel", {"lengths": [64, 128]})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ResourceError, match="finds no GPU"):
        prepare("parallel", {"device": "cuda"}).measure(1, print)


@pytest.mark.slow
def test_the_scan_beats_its_steps_many_times_over_and_without_it_does_not() -> None:
    """It lies a factor of ten from its bound, so that a busy machine does not turn it; growth is judged above."""
    for given, outcome in (({}, "holds"), (Parallel.control, "does not hold")):
        found = conduct("parallel", {**Parallel.tiny, **given}, seeds=3)
        assert found.verdict.reasons[-1].endswith(f": {outcome}"), found.verdict.reasons
        if given:
            assert found.verdict.answer == "does not hold"
