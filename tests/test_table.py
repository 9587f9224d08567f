"""Table: lazy names, and options read off a constructor."""

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Literal

import pytest

from seqloom import table
from seqloom.errors import InputError
from seqloom.table import Count, Option, Share, Table, check, options


class Part:
    def __init__(
        self,
        width: int,
        /,
        depth: int,
        *,
        size: int,
        dropout: float = 0.0,
        score: Literal["dot", "additive"] = "dot",
        clip: float | None = None,
        tie: bool = False,
    ) -> None:
        self.given = (width, depth, size, dropout, score, clip, tie)


class Plain:
    """No constructor of its own."""


KNOWN = options(Part)


def test_a_name_is_imported_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lazy_parts").mkdir()
    (tmp_path / "lazy_parts" / "__init__.py").touch()
    (tmp_path / "lazy_parts" / "good.py").write_text("class Good: pass")
    (tmp_path / "lazy_parts" / "bad.py").write_text("raise RuntimeError('was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    cells = Table("cell", "lazy_parts", {"good": "good:Good", "bad": "bad:Bad"})
    assert list(cells) == ["good", "bad"] and len(cells) == 2 and "bad" in cells and "worse" not in cells
    assert "lazy_parts.good" not in sys.modules
    assert cells["good"].__name__ == "Good"
    with pytest.raises(RuntimeError, match="was imported"):
        cells["bad"]
    for name in [name for name in sys.modules if name.startswith("lazy_parts")]:
        del sys.modules[name]


def test_an_unknown_name_meets_the_nearest() -> None:
    cells = Table("cell", "seqloom.nowhere", {"gru": "gru:GRU", "lstm": "lstm:LSTM"})
    with pytest.raises(InputError) as caught:
        cells["lstn"]
    assert str(caught.value) == "unknown cell 'lstn'; did you mean 'lstm'? Known: gru, lstm (seqloom list cells)"


def test_an_entry_point_adds_a_name_and_cannot_replace_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(*, group: str) -> EntryPoints:
        assert group == "collections"
        return EntryPoints(
            [
                EntryPoint("theirs", "collections:OrderedDict", group),
                EntryPoint("ours", "collections:OrderedDict", group),
            ]
        )

    monkeypatch.setattr(table, "entry_points", installed)
    parts = Table("part", "collections", {"ours": "abc:Mapping"})
    assert list(parts) == ["ours", "theirs"]
    assert parts["theirs"].__name__ == "OrderedDict"
    assert parts["ours"].__name__ == "Mapping"


def test_options_are_the_keyword_only_parameters() -> None:
    assert list(KNOWN) == ["size", "dropout", "score", "clip", "tie"]
    assert KNOWN["dropout"] == Option("dropout", float, 0.0, float)
    assert KNOWN["clip"].kind == float | None


def test_an_option_out_of_its_bounds_is_refused_and_shown_without_them() -> None:
    class Bounded:
        def __init__(self, *, size: Count = 3, drop: Share = 0.0) -> None: ...

    known = options(Bounded)
    assert (known["size"].kind, known["drop"].kind) == (int, float)
    assert check("part", {"size": 1, "drop": 0.5}, known) == {"size": 1, "drop": 0.5}
    for wrong in ({"size": 0}, {"drop": 1.0}, {"drop": -0.1}):
        with pytest.raises(InputError, match="cannot be used: Input should be"):
            check("part", wrong, known)


def test_a_part_without_options_has_none() -> None:
    class Bare:
        def __init__(self, width: int) -> None: ...

    assert options(Bare) == {}


def test_check_turns_values_into_their_types() -> None:
    checked = check("part", {"size": "8", "dropout": 1, "tie": "yes", "clip": None}, KNOWN)
    assert checked == {"size": 8, "dropout": 1.0, "tie": True, "clip": None}
    assert type(checked["size"]) is int and type(checked["dropout"]) is float


def test_check_does_not_fill_in_defaults() -> None:
    assert check("part", {"size": 4}, KNOWN) == {"size": 4}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"sise": 8},
            "encoder 'part' has no option 'sise'; did you mean 'size'? Known: clip, dropout, score, size, tie",
        ),
        ({"size": "wide"}, "encoder 'part': size='wide' cannot be used: Input should be a valid integer"),
        ({"size": 2.5}, "encoder 'part': size=2.5 cannot be used: Input should be a valid integer"),
        ({"size": 8, "score": "cosine"}, "score='cosine' cannot be used: Input should be 'dot' or 'additive'."),
        ({"dropout": 0.1}, "encoder 'part' needs size."),
        ({"size": 8, "width": 3}, "has no option 'width'"),
    ],
)
def test_check_says_what_is_wrong(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as caught:
        check("encoder 'part'", given, KNOWN)
    assert said in str(caught.value)
