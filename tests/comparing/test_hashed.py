"""Data that changed is seen, whatever it is kept in."""

from pathlib import Path

import pytest

from seqloom.comparing import compare as comparing
from seqloom.comparing import grid as plans
from seqloom.comparing.grid import Grid
from seqloom.comparing.hashed import check, hashes_of
from seqloom.errors import InputError


def begun(**more: object) -> Grid:
    grid = Grid.model_validate({"task": "classify", "archs": ["gru"], "seeds": [7], "steps": 5, **more})
    return grid.model_copy(update={"hashes": hashes_of(grid)})


def test_every_file_of_a_plan_is_held(tmp_path: Path) -> None:
    names = [tmp_path / name for name in ("가.de", "b.en", "c.tsv")]
    for path in names:
        path.write_text("one\n", encoding="utf-8")
    grid = begun(data=f"{names[0]},{names[1]}", test=str(names[2]), valid=0.1)
    assert set(grid.hashes) == {str(path) for path in names}
    check(grid)
    for path in names:
        path.write_text("two\n", encoding="utf-8")
        with pytest.raises(InputError, match=f"^{path} changed since"):
            check(grid)
        path.write_text("one\n", encoding="utf-8")
    names[1].unlink()
    with pytest.raises(InputError, match=r"b\.en changed"):
        check(grid)


def test_a_folder_is_held_by_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.wav").write_bytes(b"x")
    grid = begun(data=str(tmp_path / "in"))
    check(grid)
    (tmp_path / "in" / "b.wav").write_bytes(b"x")
    with pytest.raises(InputError, match="in changed since"):
        check(grid)


def test_a_comparison_does_not_go_on_with_other_rows(tmp_path: Path) -> None:
    data, out = tmp_path / "rows.tsv", tmp_path / "out"
    data.write_text("text\tlabel\n" + "a\tx\nb\ty\n" * 20, encoding="utf-8")
    out.mkdir()
    (out / plans.FILE).write_text(plans.write(begun(data=str(data))), encoding="utf-8")
    data.write_text("text\tlabel\n" + "b\ty\na\tx\n" * 20, encoding="utf-8")
    with pytest.raises(InputError, match="compare anew"):
        comparing.resumed(str(out))
    with pytest.raises(InputError, match="compare anew"):
        comparing.compare("classify", str(data), "gru", seeds=[7], budget="5steps", out=str(out), resume=True)
