"""The study of both directions: what it measures, its verdict and its control."""

from typing import Any

import pytest

from seqloom.errors import InputError
from seqloom.studies.bidirectional import READS, Bidirectional
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.puzzles_tags import LIES

SMALL: dict[str, Any] = {"steps": 2, "length": 8, "away": 2, "size": 8, "rows": 20}


def made(**changed: float) -> list[dict[str, Any]]:
    """Return rows of three seeds that meet the claim, but for those that are changed."""
    known = {"past": {"forwards": 1.0, "backwards": 0.13, "both ways": 1.0}}
    known |= {"future": {"forwards": 0.13, "backwards": 1.0, "both ways": 1.0}}
    known |= {"both sides": {"forwards": 0.75, "backwards": 0.75, "both ways": 0.98}}
    return [
        {
            "seed": seed,
            "answer": answer,
            "reads": reads,
            "weights": 10,
            "guess": 0.75 if answer == "both sides" else 0.125,
            "accuracy": changed.get(f"{answer} {reads}", known[answer][reads]) + 0.001 * seed,
            "reach": changed.get(f"reach {reads}", 0.0 if reads == "forwards" else 0.4),
        }
        for seed in (1, 2, 3)
        for answer in LIES
        for reads in READS
    ]


def test_the_verdict_follows_from_the_numbers() -> None:
    study = Bidirectional()
    assert study.judge(made()).answer == "holds"
    for changed in ("future both ways", "past forwards", "both sides both ways"):
        assert study.judge(made(**{changed: 0.7})).answer == "does not hold"
    assert study.judge(made(**{"future forwards": 0.5})).answer == "does not hold"
    assert study.judge(made(**{"both sides backwards": 0.95})).answer == "does not hold"
    assert study.judge(made(**{"reach forwards": 1e-12})).answer == "does not hold"


def test_the_future_reaches_all_but_who_reads_forwards() -> None:
    rows = Bidirectional(**SMALL).measure(1, lambda note: None)
    assert [(row["answer"], row["reads"]) for row in rows] == [(lies, reads) for lies in LIES for reads in READS]
    for row in rows:
        assert (row["reach"] == 0) == (row["reads"] == "forwards")
    assert rows == Bidirectional(**SMALL).measure(1, lambda note: None)


def test_every_direction_has_about_as_many_weights() -> None:
    study = Bidirectional()
    for lies in LIES:
        counts = [study._model(reads, lies, 0).parameter_count() for reads in READS]
        assert max(counts) < 1.1 * min(counts)


def test_options_that_cannot_be_are_refused() -> None:
    for options, said in (
        ({"length": 6, "away": 3}, "length=6 has no step with 3 on both sides: 7 at least"),
        ({"symbols": 1}, "symbols=1: there must be two"),
        ({"cell": "lstn"}, "unknown cell 'lstn'; did you mean 'lstm'"),
    ):
        with pytest.raises(InputError, match=said):
            prepare("bidirectional", options)


@pytest.mark.slow
def test_both_ways_know_the_future_and_a_second_reader_forwards_does_not() -> None:
    found = conduct("bidirectional", Bidirectional.tiny, seeds=3, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    assert len(found.table.rows) == 9 and len(found.figures) == 1
    broken = conduct("bidirectional", {**Bidirectional.tiny, **Bidirectional.control}, seeds=3, jobs=1)
    assert broken.verdict.answer == "does not hold"
