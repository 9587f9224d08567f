"""The table of bridges: kinds, scores with their options, and what cannot be one."""

import pytest

from seqloom.bridges import BRIDGES, SCORE, SCORES, bridge_options, build_bridge
from seqloom.bridges.additive import Additive
from seqloom.bridges.bridge import Seen
from seqloom.bridges.location import Location
from seqloom.errors import InputError

SEEN = Seen(4, 4)


def test_every_kind_and_every_score_is_built_with_its_defaults() -> None:
    assert set(BRIDGES) == {"context", "attention"}
    assert set(SCORES) == {"additive", "dot", "general", "concat", "scaled_dot", "multihead", "location"}
    for score in SCORES:
        bridge = build_bridge({"kind": "attention", "score": score}, SEEN)
        assert isinstance(bridge.reader(4), SCORES[score]) and bridge.seen == SEEN
    assert build_bridge({"kind": "context"}, SEEN).reads


def test_options_are_those_of_the_bridge_and_its_score() -> None:
    assert set(bridge_options("context")) == {"size", "to"}
    assert set(bridge_options("attention")) == {"score", "size", "coverage", "dropout"}
    assert set(bridge_options("attention", "location")) == {"score", "size", "filters", "kernel", "dropout"}
    assert SCORE == "additive" and isinstance(build_bridge({"kind": "attention"}, SEEN).reader(4), Additive)
    made = build_bridge({"kind": "attention", "score": "location", "kernel": 5, "filters": 3}, SEEN).reader(7)
    assert isinstance(made, Location) and made.filter.weight.shape == (3, 1, 5) and made.query.in_features == 7


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"kind": "atention"}, r"unknown bridge 'atention'; did you mean 'attention'\?"),
        ({"kind": "attention", "score": "dots"}, r"unknown score 'dots'; did you mean 'dot'\?"),
        ({"kind": "attention", "score": "dot", "size": 3}, r"bridge attention has no option 'size'"),
        ({"kind": "attention", "score": "multihead", "coverage": True}, r"bridge attention has no option 'coverage'"),
        ({"kind": "context", "score": "dot"}, r"bridge context has no option 'score'"),
        ({"kind": "context", "to": "end"}, r"bridge context: to='end' cannot be used: .*'start' or 'steps'"),
        ({"kind": "context", "size": 0}, r"bridge context: size=0 cannot be used"),
    ],
)
def test_what_cannot_be_is_refused(part: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_bridge(part, SEEN)
