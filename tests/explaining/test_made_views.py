"""The pictures of docs/explain.md: one of each view, whole enough to see something."""

import struct
from pathlib import Path

import pytest

from seqloom.explaining import VIEWS

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", VIEWS)
def test_each_view_has_a_picture_that_the_page_shows(name: str) -> None:
    data = (DOCS / "views" / f"{name}.png").read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and width >= 1000 and height >= 300 and len(data) > 20_000
    assert f"(views/{name}.png)" in (DOCS / "explain.md").read_text(encoding="utf-8")


def test_there_is_no_picture_of_a_view_that_is_gone() -> None:
    assert {path.stem for path in (DOCS / "views").iterdir()} == set(VIEWS)
