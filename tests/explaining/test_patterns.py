"""Patterns: what they are at each step, and that a unit is found by chance no more often than chance says."""

import re

import numpy as np
import pytest

from seqloom.explaining.patterns import Follower, followers, patterns


def steps(text: str, name: str) -> list[float]:
    found: list[float] = patterns(list(text))[name].tolist()
    return found


def test_what_is_read_up_to_a_letter() -> None:
    assert steps('a"bc"d', "inside quotes") == [0, 1, 1, 1, 0, 0]
    assert steps("“a” «b»", "inside quotes") == [1, 1, 0, 0, 1, 1, 0]
    assert steps("ab\ncd", "letters in the line") == [1, 2, 0, 1, 2]
    assert steps("a b\nc", "after a space") == [0, 1, 0, 1, 0]
    assert steps("abc", "place in the row") == [0, 1, 2]


def test_pieces_longer_than_a_letter_count_to_their_last() -> None:
    found = patterns(["", "the ", 'cat "', "sat", '" on', "", "\n"])
    assert found["inside quotes"].tolist() == [0, 0, 1, 1, 0, 0, 0]
    assert found["letters in the line"].tolist() == [0, 4, 9, 12, 16, 16, 0]
    assert found["after a space"].tolist() == [0, 1, 0, 0, 0, 0, 1]


def test_what_never_changes_is_no_pattern() -> None:
    assert set(patterns(list("abc"))) == {"place in the row"}, "one line is no pattern of its own"
    assert patterns([]) == {} and patterns(["a"]) == {}


def test_a_pattern_of_ones_own() -> None:
    found = patterns(["go ", "to ", "New", " York", " now"], re.compile("New York"))
    assert found["matches New York"].tolist() == [0, 0, 1, 1, 0]
    assert "matches x" not in patterns(list("abc"), re.compile("x"))


def test_the_unit_that_follows_is_found_with_its_sign() -> None:
    rng = np.random.default_rng(0)
    pattern = (np.arange(300) % 50 < 11) * (rng.random(300) > 0.2) * 1.0
    states = rng.normal(size=(300, 20))
    states[:, 7] = -3 * pattern + 0.1 * rng.normal(size=300)
    states[:, 3] = pattern + 0.8 * rng.normal(size=300)
    first, second, third = followers(states, pattern, 3)
    assert first.unit == 7 and first.r < -0.95 and first.beyond
    assert second.unit == 3 and second.r == pytest.approx(np.corrcoef(states[:, 3], pattern)[0, 1])
    assert not third.beyond


def test_chance_is_what_turned_patterns_reach() -> None:
    """By hand: for every turn the best correlation of any unit, 95 % of them below."""
    rng = np.random.default_rng(1)
    states, pattern = rng.normal(size=(40, 5)), rng.normal(size=40)
    turned = [max(abs(np.corrcoef(np.roll(pattern, by), unit)[0, 1]) for unit in states.T) for by in range(1, 40)]
    assert followers(states, pattern, 1)[0].chance == pytest.approx(np.quantile(turned, 0.95))


def test_units_that_have_nothing_to_do_with_it_are_rarely_beyond_chance() -> None:
    rng = np.random.default_rng(2)
    found = [followers(rng.normal(size=(60, 30)), rng.normal(size=60), 1)[0].beyond for _ in range(200)]
    assert sum(found) / len(found) < 0.1


def test_few_steps_say_nothing_and_a_dead_unit_follows_nothing() -> None:
    assert followers(np.ones((7, 3)), np.arange(7.0), 3) == []
    assert followers(np.ones((9, 2)), np.arange(9.0), 1) == [Follower(0, 0.0, 0.0)]
