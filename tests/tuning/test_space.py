"""Spaces: what a person writes, what it holds, what is wrong with it."""

import re

import pytest

from seqloom.errors import InputError
from seqloom.tuning.space import Space, parse, spaces


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("fit.lr=1e-4..1e-2:log", Space(("fit.lr",), 1e-4, 1e-2, log=True)),
        ("encoder.layers=1..3", Space(("encoder.layers",), 1, 3, whole=True)),
        ("encoder.size=64..512:step=64", Space(("encoder.size",), 64, 512, step=64, whole=True)),
        ("source.dropout=0.0..0.5:step=0.1", Space(("source.dropout",), 0, 0.5, step=0.1)),
        ("encoder.size=64,128,256", Space(("encoder.size",), choices=("64", "128", "256"))),
        ("encoder.size+decoder.size=64, 128", Space(("encoder.size", "decoder.size"), choices=("64", "128"))),
        ("source.front.widths=[8,16],[16,32]", Space(("source.front.widths",), choices=("[8,16]", "[16,32]"))),
        ("arch=gru,lstm", Space(("arch",), choices=("gru", "lstm"))),
        ("source.column=본문,제목", Space(("source.column",), choices=("본문", "제목"))),
    ],
)
def test_what_is_written_is_read_and_written_again(text: str, space: Space) -> None:
    assert parse(text) == space
    assert parse(space.text) == space


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fit.lr", "which values of which key?"),
        ("=1,2", "which values of which key?"),
        ("fit.lr=", "which values of which key?"),
        ("encoder.size=64", "one value is nothing to search: set it with -s encoder.size=64"),
        ("encoder.size=64,64", "a value comes twice"),
        ("fit.lr=a..b", "a range stands between two numbers"),
        ("fit.lr=1e-2..1e-4", "the first number of a range is the smaller one"),
        ("fit.lr=1..inf", "both are finite"),
        ("fit.lr=0..1:log", "a range with :log starts above 0"),
        ("fit.lr=0.1..1:logg", "after a range stands :log or :step=N, not :logg"),
        ("encoder.size=64..128:step=0.5", "a step is a whole number above 0"),
        ("fit.lr=0.1..1:step=x", "a step is a number above 0"),
        ("encoder.size=64..128:step=100", "a step of 100 is wider than the range"),
        ("encoder.size=64..512:log:step=64", ":log and :step do not go together"),
    ],
)
def test_what_cannot_be_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        parse(text)


def test_a_key_is_searched_once() -> None:
    with pytest.raises(InputError, match=r"decoder\.size is searched twice"):
        spaces(["encoder.size+decoder.size=1,2", "decoder.size=3,4"])


def test_counts_values_and_what_stands_for_a_value_of_a_spec() -> None:
    layers, lr, size = parse("encoder.layers=1..3"), parse("fit.lr=1e-4..1e-2:log"), parse("encoder.size=64,128")
    steps, tenths = parse("encoder.size=64..512:step=64"), parse("a.b=0.0..0.5:step=0.1")
    assert [one.count for one in (layers, lr, size, steps, tenths)] == [3, None, 2, 8, 6]
    assert layers.all() == [1, 2, 3] and size.all() == ["64", "128"] and steps.all()[-1] == 512
    assert size.near(128) == "128" and size.near(100) is None
    assert layers.near(2) == 2 and layers.near(2.5) is None and layers.near(True) is None and layers.near(None) is None
    assert steps.near(128) == 128 and steps.near(100) is None and lr.near(0.5) is None and lr.near(1e-3) == 1e-3
    assert lr.settings(0.00123456) == ["fit.lr=0.001235"] and layers.settings(2) == ["encoder.layers=2"]
    assert parse("encoder.size+decoder.size=8,9").settings("8") == ["encoder.size=8", "decoder.size=8"]


def test_what_optuna_draws_is_in_the_space() -> None:
    optuna = pytest.importorskip("optuna")
    for text in (
        "fit.lr=1e-4..1e-2:log",
        "a=1..3",
        "a=64..512:step=64",
        "a=0.0..0.5:step=0.1",
        "a=가,나",
        "a=8..64:log",
    ):
        space = parse(text)
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
        drawn = [study.ask({"x": space.distribution()}).params["x"] for _ in range(40)]
        if space.choices:
            assert set(drawn) == set(space.choices)
        else:
            assert all(space.near(one) is not None for one in drawn), text
            if space.count is not None and space.count < 9:
                assert {round(float(one), 6) for one in drawn} == {round(float(one), 6) for one in space.all()}
        if space.log and space.low == 1e-4:
            assert 8 < sum(one < 1e-3 for one in drawn) < 32, "half of the draws below the middle of the logarithm"
