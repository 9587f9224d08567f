"""show: every name that list gives can be shown, and what is shown is what is built."""

import json
import re
from collections.abc import Callable
from typing import Literal

import pytest
import yaml

from seqloom.cli.listing import KINDS, everything
from seqloom.cli.show import kind_text
from seqloom.presets import PRESETS, preset

NAMES = sorted({name for kind in KINDS if kind != "metrics" for name in everything(kind)})


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_shown(seqloom: Callable, name: str) -> None:
    code, out, err = seqloom("show", name)
    assert code == 0 and err == "" and name in out
    code, out, _ = seqloom("show", name, "--json")
    assert code == 0 and json.loads(out)["name"] == name


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_yaml_of_a_task_is_the_preset(seqloom: Callable, name: str) -> None:
    parts = PRESETS[name].parts("summary")
    code, out, err = seqloom("show", name, "--task", "classify")
    if isinstance(parts, str):
        assert code == 2 and f"architecture '{name}' cannot do this task: {parts}" in err and out == ""
    else:
        assert yaml.safe_load(out) == {"task": "classify", "arch": name, **preset(name, "summary")}
        assert json.loads(seqloom("show", name, "--task", "classify", "--json").out) == yaml.safe_load(out)


def test_a_name_that_is_both_shows_both(seqloom: Callable) -> None:
    out = seqloom("show", "lstm").out
    assert "# architecture lstm: " in out and "# seqloom train classify DATA --arch lstm" in out
    assert out.count("Long short-term memory") == 1, "the docs of the cell are told once"
    assert "-s encoder.OPTION=VALUE" in out and "-s decoder.OPTION=VALUE" in out
    assert re.search(r"^  forget_bias +number +default 1\.0$", out, re.M)
    assert "# not for language" in seqloom("show", "bilstm").out


def test_a_task_and_a_head_can_be_shown(seqloom: Callable) -> None:
    assert "# task classify" in seqloom("show", "classify").out
    assert "-s heads.label.OPTION=VALUE" in seqloom("show", "label").out
    assert "-s heads.words.OPTION=VALUE" in seqloom("show", "tokens").out
    assert "-s heads.tags.OPTION=VALUE" in seqloom("show", "crf").out
    assert "-s heads.forecast.OPTION=VALUE" in seqloom("show", "student").out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["show", "lsmt"], "nothing is called 'lsmt'; did you mean 'lstm'?"),
        (["show", "gru", "--task", "clasify"], "unknown task 'clasify'; did you mean 'classify'?"),
        (["show", "grru", "--task", "classify"], "unknown architecture 'grru'; did you mean 'gru'?"),
        (["show", "bilstm", "--task", "language"], "architecture 'bilstm' cannot do this task: it would read"),
    ],
)
def test_a_wrong_name_is_said_with_the_nearest(seqloom: Callable, line: list[str], said: str) -> None:
    code, out, err = seqloom(*line)
    assert code == 2 and out == "" and said in err


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (int | None, "whole number or null"),
        (Literal["a", "b"], "a | b"),
        (Literal["x"] | dict[str, float] | None, "x or {text: number} or null"),
        (list[str], "[text]"),
        (bool, "true | false"),
    ],
)
def test_types_are_written_for_people(kind: object, text: str) -> None:
    assert kind_text(kind) == text


def test_bridges_scores_and_wirings_can_be_shown(seqloom: Callable) -> None:
    assert "score" in seqloom("show", "attention").out and "-s bridge.OPTION=VALUE" in seqloom("show", "attention").out
    assert re.search(r"^  coverage +true \| false +default false$", seqloom("show", "additive").out, re.M)
    assert re.search(r"^  feed +true \| false +default true$", seqloom("show", "luong").out, re.M)
    assert "It has no options." in seqloom("show", "bahdanau").out
    assert seqloom("list", "wirings").out.split()[0] == "bahdanau" and "multihead" in seqloom("list", "scores").out


def test_a_front_is_shown_with_where_its_options_go(seqloom: Callable) -> None:
    out = seqloom("show", "cnn1d").out
    assert out.startswith("# front cnn1d") and "set with -s source.front.OPTION=VALUE" in out
    assert "stride  whole number          default 2" in out
