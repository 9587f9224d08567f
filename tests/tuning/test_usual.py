"""The usual spaces: around what a spec says, whatever the architecture, each with the spec's own value in it."""

import pytest

from seqloom.presets import PRESETS
from seqloom.training.run import plan
from seqloom.tuning.space import Space
from seqloom.tuning.usual import said, usual

TASKS = {"classify": "a.tsv", "tag": "a.conll", "language": "a.txt", "translate": "a.tsv", "forecast": "a.csv"}


def found(task: str, arch: str, *settings: str) -> dict[str, Space]:
    spec, _ = plan(task, TASKS[task], arch=arch, settings=settings)
    spaces = usual(spec)
    for space in spaces:
        values = [space.near(said(spec, key)) for key in space.keys]
        assert None not in values and len(set(values)) == 1, space.text
    return {space.name: space for space in spaces}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("arch", PRESETS)
def test_every_preset_has_spaces_that_hold_what_it_says(task: str, arch: str) -> None:
    try:
        plan(task, TASKS[task], arch=arch)
    except Exception:
        return  # it is not for this task
    spaces = found(task, arch)
    assert "fit.lr" in spaces and len(spaces) >= 3
    for space in spaces.values():
        for value in space.all() if space.count else [space.low, space.high]:
            settings = space.settings(value)
            plan(task, TASKS[task], arch=arch, settings=settings)


def test_sizes_depths_and_batches_lie_around_what_is_said() -> None:
    spaces = found("classify", "gru", "encoder.size=48", "fit.lr=0.002")
    assert spaces["encoder.size"].choices == ("24", "48", "96")
    assert (spaces["encoder.layers"].low, spaces["encoder.layers"].high) == (1, 2)
    assert (spaces["fit.lr"].low, spaces["fit.lr"].high, spaces["fit.lr"].log) == (2e-4, 2e-2, True)
    assert spaces["fit.batch_tokens"].choices == ("1024", "2048", "4096")


def test_both_sides_of_a_pair_are_as_wide_and_as_deep_as_one_another() -> None:
    spaces = found("translate", "seq2seq")
    assert spaces["encoder.size+decoder.size"].choices == ("256", "512", "1024")
    assert (spaces["encoder.layers+decoder.layers"].low, spaces["encoder.layers+decoder.layers"].high) == (1, 3)
    apart = found("translate", "seq2seq", "encoder.size=64", "decoder.start=project")
    assert not [name for name in apart if "size" in name], "sides of two widths are left as they are"


def test_heads_divide_every_width() -> None:
    spaces = found("classify", "transformer", "encoder.size=24", "encoder.heads=4")
    assert spaces["encoder.size"].choices == ("24", "48"), "12 has no even width for each of 4 heads"


def test_what_has_no_size_of_its_own_has_that_of_its_words() -> None:
    assert "source.size" in found("classify", "bag")
