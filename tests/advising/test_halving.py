"""Halving: who goes on, by hand and by what must hold of any standing."""

import math

from hypothesis import given
from hypothesis import strategies as st

from seqloom.advising.halving import FINAL, Entry, choice, fields, most, ranked, survivors, tied

STANDING = [
    Entry("slow", 0.90, 0.02, 5.0),
    Entry("quick", 0.885, 0.02, 1.0),
    Entry("near", 0.889, 0.02, 1.15),
    Entry("worse", 0.87, 0.02, 0.1),
    Entry("lost", math.nan, math.inf, 0.01),
]
entries = st.lists(
    st.tuples(st.floats(0, 1) | st.just(math.nan), st.floats(0, 0.2), st.floats(0.01, 10)), min_size=2, max_size=12
).map(lambda rows: [Entry(str(place), *row) for place, row in enumerate(rows)])


def test_rungs_hold_a_third_of_those_before() -> None:
    assert fields(13) == [13, 5, 2] and fields(20) == [20, 7, 3, 2] and fields(3) == [3, 2]
    assert fields(2) == [2] and fields(1) == [1]


def test_as_many_race_as_have_their_time() -> None:
    assert most(300, 6) == 16  # three rungs of 100 s: 6.25 s for each of 16; 17 would have 5.9
    assert most(1, 6) == FINAL


def test_whoever_is_within_a_standard_error_is_as_good_and_the_cheapest_of_them_is_chosen() -> None:
    assert [one.name for one in ranked(STANDING, True)] == ["slow", "near", "quick", "worse", "lost"]
    assert [one.name for one in tied(STANDING, True)] == ["slow", "near", "quick"]
    assert choice(STANDING, True).name == "near"  # it costs as much as quick within a fifth, and is better
    dear = [Entry(one.name, one.value, one.error, 2.0 if one.name == "near" else one.cost) for one in STANDING]
    assert choice(dear, True).name == "quick"


def test_the_doubt_that_counts_is_that_of_the_best() -> None:
    sure = [Entry("best", 0.9, 0.02, 9.0), Entry("doubtful", 0.8, 0.2, 1.0), Entry("close", 0.885, 0.001, 5.0)]
    assert [one.name for one in tied(sure, True)] == ["best", "close"]


def test_what_is_better_small_is_turned_around() -> None:
    losses = [Entry("a", 0.5, 0.01, 9.0), Entry("b", 0.505, 0.01, 1.0), Entry("c", 0.6, 0.01, 0.1)]
    assert choice(losses, False).name == "b" and choice(losses, True).name == "c"


def test_of_those_that_have_learnt_nothing_yet_the_lower_loss_goes_on() -> None:
    zero = [Entry(name, 0.0, 0.0, cost, loss) for name, cost, loss in [("a", 1, 3.0), ("b", 2, 2.0), ("c", 3, 1.0)]]
    assert [one.name for one in ranked(zero, True)] == ["c", "b", "a"]
    assert [one.name for one in survivors(zero, 2, True)] == ["c", "a"]  # and the cheapest, as ever


def test_the_choice_and_a_yardstick_go_on() -> None:
    crowd = [Entry("a", 0.93, 0.04, 9.0), Entry("b", 0.92, 0.04, 8.0), Entry("c", 0.90, 0.04, 1.0)]
    bag, mlp = Entry("bag", 0.3, 0.04, 0.5), Entry("mlp", 0.4, 0.04, 0.5)
    assert [one.name for one in survivors(crowd, 2, True)] == ["a", "c"]
    assert [one.name for one in survivors([*crowd, bag, mlp], 2, True, ("bag", "mlp"))] == ["a", "c", "mlp"]
    assert [one.name for one in survivors([bag, mlp], 2, True, ("bag", "mlp"))] == ["mlp", "bag"]


@given(entries, st.integers(2, 5), st.booleans())
def test_the_best_of_all_is_never_let_go(standing: list[Entry], count: int, higher: bool) -> None:
    kept = survivors(standing, count, higher)
    assert ranked(standing, higher)[0] in kept and choice(standing, higher) in kept
    assert len(kept) == min(count, len(standing)) and len({one.name for one in kept}) == len(kept)
    assert choice(standing, higher) in tied(standing, higher)
