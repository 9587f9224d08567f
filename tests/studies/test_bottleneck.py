"""The study of the bottleneck: what it measures, its verdict and its control."""

from typing import Any

import pytest
import torch

from seqloom.bridges.attention import Attention
from seqloom.bridges.context import Context
from seqloom.errors import InputError
from seqloom.studies.bottleneck import ATTENTION, Bottleneck
from seqloom.studies.conduct import conduct, prepare

SMALL: dict[str, Any] = {"sizes": [4, 8], "encoder": 8, "decoder": 8, "longest": 6, "steps": 2, "rows": 10}


def made(study: Bottleneck, vectors: float = 0.5, attention: float = 0.95) -> list[dict[str, Any]]:
    """Return rows of three seeds, all right on the shortest sources, and so right on the longest."""
    ends = {name: attention if name == ATTENTION else vectors for name in study.names}
    last = len(study.lengths) - 1
    return [
        {
            "seed": seed,
            "between": name,
            "weights": 1,
            "length": length,
            "tokens": 1 + (end - 1) * place / last + 0.001 * seed * place,
            "rows": 0.5,
        }
        for seed in (1, 2, 3)
        for name, end in ends.items()
        for place, length in enumerate(study.lengths)
    ]


def test_the_verdict_follows_from_the_numbers() -> None:
    study = Bottleneck(sizes=[64, 128])
    assert study.judge(made(study)).answer == "holds"
    assert study.judge(made(study, vectors=0.97)).answer == "does not hold"
    assert study.judge(made(study, attention=0.7)).answer == "does not hold"
    assert study.judge(made(study, vectors=0.86)).answer == "does not hold"  # they fall, and attention is not far above
    lines = study.figures(made(study))[0]
    assert [line.name for line in lines.lines] == ["vector of 64", "vector of 128", "attention"]  # type: ignore[union-attr]


def test_each_bridge_is_what_its_row_says() -> None:
    study = Bottleneck()
    assert study.sizes == [64, 256, 1024] and study.lengths == [4, 8, 12, 16, 20]
    for size in study.names.values():
        model = study._model(size, 0)
        if size is None:
            assert isinstance(model.bridge, Attention)
        else:
            assert isinstance(model.bridge, Context) and model.bridge.seen.summary == size
    assert isinstance(Bottleneck(against="context")._model(None, 0).bridge, Context)


def test_an_encoder_may_grow_with_the_vector() -> None:
    study = Bottleneck(sizes=[16, 40], encoder=None)
    widths = [study._model(size, 0).encoder.output_size for size in (16, 40, None)]  # type: ignore[union-attr]
    assert widths == [16, 40, 40]


def test_rows_hold_every_bridge_at_every_length() -> None:
    study = Bottleneck(**SMALL)
    rows = study.measure(1, lambda note: None)
    assert [(row["between"], row["length"]) for row in rows] == [
        (name, length) for name in ("vector of 4", "vector of 8", ATTENTION) for length in study.lengths
    ]
    assert all(0 <= row["rows"] <= row["tokens"] <= 1 for row in rows)
    lengths = {
        study._draw(torch.Generator().manual_seed(one)).inputs["source"].values.shape[1] - 1 for one in range(60)
    }
    assert lengths == {2, 3, 4, 5, 6}


def test_options_that_cannot_be_are_refused() -> None:
    for options, said in (
        ({"longest": 3}, "longest=3: a source that grows needs 4"),
        ({"sizes": [0]}, r"sizes=\[0\] cannot be used"),
        ({"symbols": 1}, "symbols=1"),
    ):
        with pytest.raises(InputError, match=said):
            prepare("bottleneck", options)


@pytest.mark.slow
def test_a_vector_loses_with_length_and_attention_keeps_it_unless_it_is_a_vector_too() -> None:
    found = conduct("bottleneck", Bottleneck.tiny, seeds=3, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    broken = conduct("bottleneck", {**Bottleneck.tiny, **Bottleneck.control}, seeds=3, jobs=1)
    assert broken.verdict.answer == "does not hold"
