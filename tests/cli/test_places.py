"""Places: one that can be written passes and is left as it was; the others are told with what stands in the way."""

from pathlib import Path

import pytest

from seqloom.cli.places import check_writable
from seqloom.errors import InputError


def test_a_place_that_can_be_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "old.html").write_text("old", encoding="utf-8")
    for place in (tmp_path, tmp_path / "new" / "deep", tmp_path / "old.html"):
        check_writable(place)
    assert [one.name for one in tmp_path.iterdir()] == ["old.html"]
    assert (tmp_path / "old.html").read_text(encoding="utf-8") == "old"


def test_a_place_below_a_file_or_in_a_folder_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="file is a file, no folder"):
        check_writable(tmp_path / "file" / "deep")
    with pytest.raises(InputError, match=r"nothing can be written to /proc .*; name another place"):
        check_writable(Path("/proc/none/deep"))
