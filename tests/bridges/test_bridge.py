"""The contract of a bridge."""

import pytest

from seqloom.bridges.bridge import Bridge, Seen


def test_a_bridge_without_a_reader_says_so() -> None:
    with pytest.raises(TypeError, match="Bridge has no reader"):
        Bridge().reader(3)


def test_what_is_not_said_to_end_in_one_direction_does_not() -> None:
    assert Seen(4, 4).final is None and Bridge.reads
