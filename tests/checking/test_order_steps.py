"""Order of steps: of tags, of labels of series, of targets beside their sources."""

import numpy as np

from seqloom.checking.order_steps import of_pairs, of_steps, of_words


def test_tags_that_neighbours_tell_need_their_order() -> None:
    draw = np.random.default_rng(0)
    told, free = [], []
    for _ in range(60):
        words = [f"낱{n}" for n in draw.integers(0, 6, 8)]
        told.append((words, ["first" if at == 0 or words[at - 1] == "낱0" else "other" for at in range(8)]))
        free.append((words, ["even" if int(word[1:]) % 2 == 0 else "odd" for word in words]))
    found = of_words(told)
    assert found is not None and found.shown and found.right is not None and found.right[1] > found.right[0] + 0.1
    alone = of_words(free)
    assert alone is not None and not alone.shown and alone.right is not None and alone.right[0] > 0.99
    assert of_words([(["a", "b"], ["O", "O"])]) is None


def test_steps_that_follow_a_rise_need_their_order() -> None:
    draw = np.random.default_rng(1)
    series = []
    for _ in range(12):
        values = draw.normal(size=(50, 1))
        series.append((values, (np.diff(values[:, 0], prepend=0.0) > 0).astype(int).tolist()))
    found = of_steps(series)
    assert found.shown and found.right is not None and found.right[1] > found.right[2] + 0.1


def test_targets_that_are_copies_need_their_order_and_counts_do_not() -> None:
    draw = np.random.default_rng(2)
    sources = [draw.integers(5, 15, 10) for _ in range(250)]
    found = of_pairs([(source, source + 100) for source in sources])
    assert found is not None and found.shown and found.right is not None and found.right[1] > 0.6 > found.right[2]
    free = of_pairs([(source, np.full(3, 100 + (source == 5).sum().clip(0, 1))) for source in sources])
    assert free is not None and not free.shown
    assert of_pairs([(source, np.array([7])) for source in sources]) is None
