"""Order of a text: what each more token before is worth."""

import numpy as np
import pytest

from seqloom.checking.order_text import costs_of, of_text


def test_a_text_of_chance_costs_its_entropy_and_shuffling_costs_nothing() -> None:
    ids = np.random.default_rng(0).integers(0, 4, 20_000)
    found = of_text(ids, 4, 64)
    assert found.nats[0] == pytest.approx(np.log(4), abs=0.01) and found.reach == 0 and not found.shown


def test_a_text_that_repeats_is_told_by_what_comes_before() -> None:
    ids = np.tile([0, 1, 2, 0, 2, 1], 2_000)
    found = of_text(ids, 3, 48)
    assert found.nats[0] == pytest.approx(np.log(3), abs=0.01)
    assert 0.4 < found.nats[1] < 0.9 and found.nats[2] < 0.01 and found.reach >= 2
    assert found.shown and found.drop[0] == pytest.approx(found.shuffled - min(found.nats)) and found.shuffled > 0.5


def test_mixing_is_that_of_witten_and_bell() -> None:
    ids = np.array([0, 1, 0, 1, 0, 0, 0, 1, 0, 1])  # nine are counted, the last is scored
    none, one = costs_of(ids, 2)[:2]
    below = (3 + 2 * (1 / 2)) / (9 + 2)  # three of nine, two kinds, a half below
    assert np.exp(-none[0]) == pytest.approx(below)
    # the code of the first token's context is that of a 0: of the six after 0 three are 1, two kinds
    assert np.exp(-one[0]) == pytest.approx((3 + 2 * below) / (6 + 2))
