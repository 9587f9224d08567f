"""`-s key=value` sets what it says, keeps what still fits and says what it drops."""

from typing import Any

import pytest

from seqloom.errors import InputError
from seqloom.override import expand_options, override


def test_a_key_is_set_by_its_path_with_yaml_values() -> None:
    values: dict = {"encoder": {"kind": "lstm"}, "fit": {}}
    assert override(values, ["encoder.size=512", "fit.lr=1e-3", "fit.betas=[0.9, 0.95]", "target.tie=true"]) == []
    assert values == {
        "encoder": {"kind": "lstm", "size": 512},
        "fit": {"lr": 1e-3, "betas": [0.9, 0.95]},
        "target": {"tie": True},
    }


def test_a_bare_kind_keeps_the_keys_it_knows_and_says_the_others() -> None:
    values: dict = {"encoder": {"kind": "lstm", "size": 64, "layers": 3, "recurrent_dropout": 0.1}}
    notes = override(values, ["encoder=transformer"])
    assert values["encoder"] == {"kind": "transformer", "size": 64, "layers": 3}
    assert notes == ["encoder=transformer knows no recurrent_dropout: dropped."]


def test_a_dict_replaces_the_whole_part() -> None:
    values: dict = {"encoder": {"kind": "lstm", "size": 64}}
    override(values, ["encoder={kind: gru}"])
    assert values == {"encoder": {"kind": "gru"}}


def test_a_kind_both_ways_takes_the_place_of_the_bidirectional_key() -> None:
    values: dict = {"encoder": {"kind": "lstm", "bidirectional": False, "size": 8}}
    override(values, ["encoder=bigru"])
    assert values["encoder"] == {"kind": "bigru", "size": 8}


def test_later_settings_win() -> None:
    values: dict = {"fit": {"seed": 1}}
    override(values, ["fit.seed=2", "fit.seed=3"])
    assert values["fit"]["seed"] == 3


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("encoder.size", "write key=value"),
        ("=3", "write key=value"),
        ("encoder=blstm", "unknown encoder 'blstm'; did you mean 'bilstm'?"),
        ("decoder=bilstm", "a decoder cannot be 'bilstm'"),
        ("fit.seed.deep=1", "seed holds 7, which has no keys"),
        ("encoder.size={", "not YAML"),
    ],
)
def test_a_setting_that_cannot_be_used_is_explained(setting: str, text: str) -> None:
    with pytest.raises(InputError, match=text.replace("?", r"\?")):
        override({"fit": {"seed": 7}}, [setting])


def test_options_find_their_section() -> None:
    assert expand_options({"encoder": {"size": 4}, "lr": 0.1, "steps": 3}) == {
        "encoder": {"size": 4},
        "fit": {"lr": 0.1, "steps": 3},
    }
    with pytest.raises(InputError, match="'tokens' belongs to a side: source="):
        expand_options({"tokens": "char"})
    with pytest.raises(InputError, match="unknown option 'step'; did you mean 'steps'"):
        expand_options({"step": 3})


@pytest.mark.parametrize("first", [True, False])
def test_an_option_of_the_fit_section_stands_beside_the_section(first: bool) -> None:
    section = {"lr": 0.1}
    given: dict[str, Any] = {"steps": 7, "fit": section} if first else {"fit": section, "steps": 7}
    assert expand_options(given) == {"fit": {"lr": 0.1, "steps": 7}}
    assert section == {"lr": 0.1}, "what was given stays as it is"
