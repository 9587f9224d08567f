"""The header of pairs: a name of each side together, or two languages; one name alone may be data."""

import pytest

from seqloom.data.header import is_header

SIDES = (("source", "word", "질문"), ("target", "sound", "답변"))


@pytest.mark.parametrize(
    ("first", "together", "says"),
    [
        (["word", "sound"], SIDES, True),
        (["Sound", "WORD", "id"], SIDES, True),
        (["질문", "답변"], SIDES, True),
        (["de", "en"], SIDES, True),
        (["ko", "EN", "who"], SIDES, True),
        (["de", "en"], (), False),
        (["de", "d"], SIDES, False),
        (["de", "de"], SIDES, False),
        (["sound", "s aw n d"], SIDES, False),
        (["sound", "s"], (), False),
    ],
)
def test_names_of_both_sides_are_a_header(first: list[str], together: tuple[tuple[str, ...], ...], says: bool) -> None:
    later = [["colour", "k"], ["sound", "x"]]
    assert is_header(first, later, [], together) is says
