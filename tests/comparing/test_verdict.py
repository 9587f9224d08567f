"""Verdict: each sentence from tests and costs that were set by hand, and never one that they do not bear."""

import re
from collections.abc import Collection, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqloom.comparing.measure import Measure
from seqloom.comparing.statistics import ArchScore, Pair, Scores, Standing, interval_over_seeds, stand
from seqloom.comparing.verdict import pareto, verdict

ACCURACY = Measure("accuracy", "", "points", True, ("right", "rows"), lambda sums: sums[..., 0] / sums[..., 1])
NATS = Measure("nats", "", "nats", False, ("nats", "tokens"), ACCURACY.value)


def standing(
    means: Mapping[str, float],
    shown: Collection[tuple[str, str]] = (),
    chances: Mapping[tuple[str, str], float] | None = None,
    seeds: Mapping[str, int] | None = None,
    items: int = 1000,
) -> Standing:
    """What tests would say: the pairs `shown`, p of those named, 0.4 of others; one seed has none."""
    values = {}
    for arch, mean in means.items():
        count = (seeds or {}).get(arch, 3)
        values[arch] = mean + 0.005 * (np.arange(count) - (count - 1) / 2)
    scores = Scores(
        values, {arch: np.repeat(of[None], 2, 0) for arch, of in values.items()}, dict.fromkeys(means, items)
    )
    archs = []
    for arch, of in values.items():
        told, both = interval_over_seeds(of), scores.estimate({arch: 1})
        archs.append(ArchScore(arch, len(of), told.mean, told.low, told.high, both.low, both.high))
    pairs = []
    for a, b in combinations(means, 2):
        told = scores.estimate({a: 1, b: -1})
        is_shown = (a, b) in shown or (b, a) in shown
        p = (chances or {}).get((a, b), 0.001 if is_shown else 0.4) if told.p is not None else None
        pairs.append(Pair(a, b, told.mean, told.low, told.high, p, p, None, is_shown))
    return Standing(tuple(archs), tuple(pairs), scores)


def beaten(*names: str) -> list[tuple[str, str]]:
    """All pairs, in which the first named of two is shown to be better."""
    return list(combinations(names, 2))


def costs(**seconds: float | None) -> list[dict[str, Any]]:
    return [{"arch": arch, "seeds": 3, "failed": [], "seconds": one, "cost": {}} for arch, one in seconds.items()]


def test_the_sentences_of_the_issue() -> None:
    told = standing(
        {"rnn": 0.80, "gru": 0.862, "lstm": 0.86, "transformer": 0.861},
        [("rnn", "gru"), ("rnn", "lstm"), ("rnn", "transformer")],
        {("gru", "lstm"): 0.41, ("gru", "transformer"): 0.6, ("lstm", "transformer"): 0.5},
    )
    words = verdict(told, ACCURACY, costs(rnn=10, gru=10.5, lstm=11, transformer=24))
    assert words[0].startswith(
        "gru, transformer and lstm cannot be told apart (p = 0.41 at least): no difference is shown"
    )
    assert re.fullmatch(r"All three beat rnn by 6\.1 \+- 1\.0 points\.", words[1])
    assert words[2:] == [
        "transformer costs 2.3 x the time to train of gru for no shown gain.",
    ]


def test_two_that_cannot_be_told_apart() -> None:
    told = standing({"gru": 0.9, "lstm": 0.894}, chances={("gru", "lstm"): 0.41})
    (words,) = verdict(told, ACCURACY, costs(gru=1, lstm=1))
    pair = told.pairs[0]
    assert pair.high is not None and pair.low is not None
    most = 100 * max(abs(pair.high), abs(pair.low))
    assert words == (
        "gru and lstm cannot be told apart (p = 0.41): no difference is shown, and one of up to"
        f" {most:.1f} points is not ruled out."
    )


def test_a_chain_of_winners() -> None:
    told = standing({"c": 0.6, "a": 0.9, "b": 0.8}, beaten("a", "b", "c"))
    words = verdict(told, ACCURACY, costs(a=1, b=1, c=1))
    assert len(words) == 2
    assert re.fullmatch(r"a beats b by 10\.0 \+- [\d.]+ points and c by 30\.0 \+- [\d.]+ points\.", words[0])
    assert re.fullmatch(r"b beats c by 20\.0 \+- [\d.]+ points\.", words[1])


def test_less_is_better_where_the_measure_says_so() -> None:
    told = standing({"a": 1.2, "b": 1.1, "c": 1.5}, [("a", "c"), ("b", "c")])
    words = verdict(told, NATS, costs(a=1, b=1, c=1))
    assert words[0].startswith("b and a cannot be told apart (p = 0.40)")
    assert re.fullmatch(r"Both beat c by 0\.35\d* \+- 0\.\d+ nats\.", words[1])


def test_one_between_is_beaten_by_some_alone() -> None:
    """Not being told apart does not carry over: b is like a, c is like b, and c is not like a."""
    told = standing({"a": 0.9, "b": 0.88, "c": 0.86}, [("a", "c")], {("a", "b"): 0.2, ("b", "c"): 0.3})
    words = verdict(told, ACCURACY, costs(a=1, b=1, c=1))
    assert words[0].startswith("a and b cannot be told apart (p = 0.2")
    assert re.fullmatch(
        r"c is beaten by a \(by 4\.0 \+- [\d.]+ points\) but cannot be told apart from b \(p = 0.30\)\.", words[1]
    )
    assert len(words) == 2 and "beat c" not in " ".join(words)


def test_the_best_may_be_like_two_that_are_not_alike() -> None:
    told = standing({"a": 0.9, "b": 0.89, "c": 0.86}, [("b", "c")], {("a", "b"): 0.7, ("a", "c"): 0.06})
    (words,) = verdict(told, ACCURACY, costs(a=1, b=1, c=1))
    assert re.fullmatch(
        r"a has the best mean, but b \(p = 0.70\) and c \(p = 0.06\) are not shown to be below it; yet b beats c by"
        r" 3\.0 \+- [\d.]+ points\.",
        words,
    )
    assert "cannot be told apart" not in words


def test_the_rest_are_ranked_too() -> None:
    shown = [("a", "b"), ("a", "c"), ("a", "d"), ("b", "d"), ("c", "d")]
    words = verdict(standing({"a": 0.9, "b": 0.8, "c": 0.79, "d": 0.5}, shown), ACCURACY, [])
    assert words[0].startswith("a beats b by ") and words[0].count("points") == 3
    assert words[1].startswith("b and c cannot be told apart (p = 0.40): one of up to ") or words[1].startswith(
        "b and c cannot be told apart (p = 0.40): a difference of up to "
    )
    assert words[2].startswith("Both beat d by 29.5")


def test_costs_are_told_where_they_differ_by_much_and_gain_nothing() -> None:
    told = standing({"a": 0.9, "b": 0.89, "c": 0.5}, [("a", "c"), ("b", "c")])
    assert not any("cost" in words for words in verdict(told, ACCURACY, costs(a=11.9, b=10, c=10)))
    words = verdict(told, ACCURACY, costs(a=12, b=10, c=10))
    assert words[-1] == "a costs 1.2 x the time to train of b for no shown gain."
    words = verdict(told, ACCURACY, costs(a=20, b=15, c=10))
    assert words[-2:] == [
        "a costs 1.3 x the time to train of b for no shown gain.",
        "For its gain over c, b costs 1.5 x the time to train.",
    ]
    words = verdict(told, ACCURACY, costs(a=10, b=10, c=90))  # dear and worse: no choice, so nothing is said
    assert not any("cost" in one for one in words)
    assert not any("cost" in one for one in verdict(told, ACCURACY, costs(a=None, b=10, c=10)))


def test_what_is_paid_for_a_shown_gain_is_not_paid_for_none() -> None:
    """b beats c, though the best can be told from neither: it is no waste that b costs more than c."""
    told = standing({"a": 0.9, "b": 0.89, "c": 0.86}, [("b", "c")])
    words = verdict(told, ACCURACY, costs(a=25, b=20, c=10))
    assert words[1:] == ["a costs 2.5 x the time to train of c for no shown gain."]


def test_where_all_trained_as_long_it_is_the_time_to_answer() -> None:
    told = standing({"a": 0.9, "b": 0.89})
    archs = [
        {"arch": "a", "seconds": 60.0, "parameters": 900, "cost": {"latency_p50": 9.0}},
        {"arch": "b", "seconds": 60.1, "parameters": 100, "cost": {"latency_p50": 0.5}},
    ]
    assert verdict(told, ACCURACY, archs)[-1] == "a costs 18 x the time to answer one row of b for no shown gain."
    archs[0]["cost"] = {"latency_p50": 0.5}
    assert verdict(told, ACCURACY, archs)[-1] == "a costs 9.0 x the parameters of b for no shown gain."


def test_dear_ones_share_a_sentence() -> None:
    told = standing({"a": 0.9, "b": 0.89, "c": 0.88})
    words = verdict(told, ACCURACY, costs(a=30, b=20, c=10))
    assert words[-1] == "a and b cost 3.0 x and 2.0 x the time to train of c for no shown gain."


def test_one_seed_tells_nothing_apart() -> None:
    told = standing({"a": 0.9, "b": 0.5}, seeds={"a": 1, "b": 1})
    (words,) = verdict(told, ACCURACY, costs(a=50, b=1))
    assert words.startswith("a has the best mean, accuracy 90") and "nothing can be told apart" in words
    assert "--seeds 3" in words


def test_of_equal_means_none_is_the_best() -> None:
    one = {"a": 1, "b": 1, "c": 1}
    (words,) = verdict(standing({"a": 0.9, "b": 0.9}, seeds=one), ACCURACY, [])
    assert words.startswith("a and b have the same mean, accuracy 90")
    (words,) = verdict(standing({"a": 0.9, "b": 0.5, "c": 0.9}, seeds=one), ACCURACY, [])
    assert words.startswith("a and c have the same mean, and the best of all, accuracy 90")


def test_one_with_a_single_seed_is_set_beside_the_others() -> None:
    told = standing({"a": 0.9, "b": 0.8, "c": 0.99}, [("a", "b")], seeds={"c": 1})
    words = verdict(told, ACCURACY, [{"arch": "c", "seeds": 1, "failed": ["x", "y"]}])
    assert words[0].startswith("a beats b by 10.0")
    assert words[1:] == [
        "c, accuracy 99.0 %, has one seed that ended: too few to be told from any other.",
        "c failed with 2 of 3 seeds: its mean is of those that ended, and may flatter it.",
    ]


def test_failures_two_seeds_and_few_rows_are_said() -> None:
    told = standing({"a": 0.9, "b": 0.5}, [("a", "b")], seeds={"a": 2, "b": 2}, items=29)
    words = verdict(told, ACCURACY, [*costs(a=1, b=1), {"arch": "d", "seeds": 0, "failed": ["x"] * 3, "mean": None}])
    assert words[1:] == [
        "Two seeds of a and b tell little: intervals are wide, and rough. Three are better.",
        "All of this rests on 29 rows, which is few.",
        "d failed with all of 3 seeds: nothing is known of it.",
    ]
    assert len(verdict(standing({"a": 0.9, "b": 0.5}, [("a", "b")], items=30), ACCURACY, costs(a=1, b=1))) == 1


def test_one_architecture_one_row_and_no_value() -> None:
    (alone,) = verdict(standing({"a": 0.9}), ACCURACY, costs(a=1))
    assert re.fullmatch(r"a comes to accuracy 90\.0 \+- 1\.2 %; there is nothing to compare it with\.", alone)
    (row,) = verdict(standing({"a": 0.9, "b": 0.5}, items=1), ACCURACY, costs(a=1, b=1))
    assert row.endswith("on one row: nothing can be told apart by it.")
    (none,) = verdict(standing({"a": float("nan")}), ACCURACY, costs(a=1))
    assert none == "No run has a value of accuracy, so nothing can be said."


def test_one_without_a_value_is_left_out_of_the_ranking() -> None:
    stats = np.ones((3, 50, 2))
    stats[:, :, 0] = np.random.default_rng(0).random((3, 50)) < 0.6
    told = stand({"a": stats, "b": 0 * stats, "c": stats * [0.5, 1]}, ACCURACY.value, 100)
    words = verdict(told, ACCURACY, costs(a=1, b=1, c=1))
    assert (
        words[0].startswith(("a and c ", "a beats c ")) and words[-1] == "b has no value of accuracy and is left out."
    )
    assert "nan" not in " ".join(words)


def test_one_on_which_few_rows_bear_is_not_said_to_lack_seeds() -> None:
    stats = np.ones((3, 60, 2))
    stats[:, :, 0] = np.random.default_rng(0).random((3, 60)) < 0.6
    rare = np.zeros((3, 60, 2))
    rare[:, 0] = 1
    told = stand({"a": stats, "b": stats[:, ::-1], "c": rare}, ACCURACY.value, 400)
    words = verdict(told, ACCURACY, costs(a=1, b=1, c=1))
    assert re.fullmatch(
        r"c, accuracy 100(\.\d+)? %, cannot be told from any other: too few rows bear on it\.", words[-1]
    )


def test_two_that_are_always_right_differ_nowhere_and_beat_what_is_not() -> None:
    right, other = np.ones((3, 60, 2)), np.ones((3, 60, 2))
    other[:, :, 0] = np.random.default_rng(0).random((3, 60)) < 0.6
    told = stand({"a": right, "b": right, "c": other}, ACCURACY.value, 400)
    words = verdict(told, ACCURACY, costs(a=1, b=1, c=1))
    assert (
        words[0]
        == "a and b cannot be told apart (p = 1.00): no difference is shown, and none is to be seen on any row."
    )
    assert re.fullmatch(r"Both beat c by [\d.]+ \+- [\d.]+ points\.", words[1]) and len(words) == 2


@given(st.integers(0, 100_000), st.integers(2, 6))
@settings(max_examples=60, deadline=None)
def test_no_sentence_says_more_than_the_tests(seed: int, count: int) -> None:
    """Whatever is shown: "beats" only of pairs that are, "cannot be told apart" only of pairs that are not; each
    other is told of beside the best."""
    rng = np.random.default_rng(seed)
    names = list("abcdef"[:count])
    means = {name: float(value) for name, value in zip(names, np.sort(rng.random(count))[::-1], strict=True)}
    shown = {pair for pair in combinations(names, 2) if rng.random() < 0.5}
    words = verdict(standing(means, shown), ACCURACY, [])
    said, group = set(), []
    for sentence in words:
        claims, group = _claims(sentence, group)
        for winners, losers, is_shown in claims:
            for a, b in ((a, b) for a in winners for b in losers if a != b):
                pair = (min(a, b), max(a, b))
                assert (pair in shown) == is_shown, (sentence, shown)
                assert not is_shown or means[a] > means[b], sentence
                said.add(pair)
    told_first = {pair for pair in combinations(names, 2) if pair[0] == "a"}
    assert told_first <= said


Claim = tuple[list[str], list[str], bool]


def _claims(sentence: str, group: list[str]) -> tuple[list[Claim], list[str]]:
    """Read a sentence back: (who, whom, is it shown that they beat them), and the group that "both" is of."""

    def names(text: str) -> list[str]:
        return re.findall(r"\b[a-f]\b(?! difference)", text)

    if match := re.match(r"(.*) cannot be told apart \(p[^)]*\):", sentence):
        alike = names(match[1])
        return [(alike, alike, False)], alike
    if match := re.match(r"(.*) is beaten by (.*) but (.*)\.$", sentence):
        found: list[Claim] = [(names(match[2]), names(match[1]), True)]
        like = re.search(r"cannot be told apart from (.*?\))", match[3])
        below = re.search(r"(?:^| and )beats (.*)", match[3])
        assert like or below, sentence
        found += [(names(like[1]), names(match[1]), False)] if like else []
        found += [(names(match[1]), names(below[1]), True)] if below else []
        return found, group
    if match := re.match(r"(.*) has the (?:next )?best mean, but (.*) are not shown .* it; yet (.*)\.", sentence):
        beats = re.findall(r"([a-f]) beats ([a-f])", match[3])
        inside = names(match[1]) + names(match[2])
        return [(names(match[1]), names(match[2]), False), *(([a], [b], True) for a, b in beats)], inside
    match = re.match(r"(Both|All \w+|[a-f]) beats? (.*)\.", sentence)
    assert match, f"a sentence of another form: {sentence}"
    return [(names(match[1]) or group, names(match[2]), True)], group


def test_the_front() -> None:
    archs = [
        {"arch": "best", "mean": 0.9, "seconds": 10, "parameters": 100, "cost": {"latency_p50": 5.0}},
        {"arch": "cheap", "mean": 0.8, "seconds": 1, "parameters": 100, "cost": {"latency_p50": 5.0}},
        {"arch": "dear", "mean": 0.8, "seconds": 10.2, "parameters": 100, "cost": {"latency_p50": 5.0}},
        {"arch": "worst", "mean": 0.1, "seconds": 20, "parameters": 100, "cost": {"latency_p50": 1.0}},
        {"arch": "failed", "mean": None, "seconds": None, "cost": {}},
        {"arch": "unknown", "mean": float("nan"), "seconds": 1, "cost": {}},
    ]
    assert pareto(archs, True) == ["best", "cheap", "worst"]
    assert pareto(archs, True, ["seconds"]) == ["best", "cheap"]
    assert pareto(archs, True, ["parameters"]) == ["best"]
    assert pareto(archs, False, ["seconds"]) == ["worst", "cheap"]


def test_costs_that_are_nearly_alike_keep_no_one_on_the_front() -> None:
    def front(seconds: float, mean: float = 0.8) -> list[str]:
        archs = [{"arch": "a", "mean": 0.9, "seconds": 100.0}, {"arch": "b", "mean": mean, "seconds": seconds}]
        return pareto(archs, True, ["seconds"])

    assert front(96.0) == ["a"] and front(95.0) == ["a", "b"]
    assert front(100, mean=0.9) == ["a", "b"]  # equals stay, both
    assert front(106, mean=0.9) == ["a"]


@pytest.mark.parametrize("missing", [None, float("inf"), True, "much"])
def test_a_cost_that_is_no_number_is_not_compared(missing: Any) -> None:
    archs = [{"arch": "a", "mean": 0.9, "seconds": 5.0, "cost": {}}, {"arch": "b", "mean": 0.8, "seconds": missing}]
    assert pareto(archs, True) == ["a"]
