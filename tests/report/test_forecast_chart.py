"""Pictures of forecasts: what is in them, whole without a network, Hangul without a Korean font."""

import struct
import sys

import numpy as np
import pytest

from seqloom.errors import ResourceError
from seqloom.report import forecast_chart, lettered
from seqloom.report.forecast_chart import Panel, draw


def panel(title: str = "passengers", dated: bool = True) -> Panel:
    scale = 86_400_000_000 if dated else 1
    values = np.array([1.0, 2, np.nan, 4, 5])
    point = np.array([6.0, 7, 8])
    bands = [(80.0, point - 1, point + 1), (95.0, point - 2, point + 2)]
    return Panel(title, np.arange(5) * scale, values, np.arange(5, 8) * scale, point, bands, dated)


def test_a_picture_is_drawn_in_each_kind() -> None:
    said: list[str] = []
    png = draw([panel()], ".png", said.append)
    width, height = struct.unpack(">II", png[16:24])
    assert png[:4] == b"\x89PNG" and width > 800 and height > 300 and not said
    svg = draw([panel(), panel("visitors", dated=False)], ".svg", said.append).decode()
    assert svg.startswith("<svg") and ">passengers<" in svg and ">visitors<" in svg
    assert "intervals of 80, 95 %" in svg and svg.count(forecast_chart.AHEAD) >= 6, "two lines and four bands"


def test_a_page_needs_no_network() -> None:
    page = draw([panel("a < b")], ".html", print).decode()
    assert "<svg" in page and "a &lt; b" in page and "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_hangul_is_drawn_as_strokes_where_no_font_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettered, "has_glyph", lambda letter: letter.isascii())
    svg = draw([panel("승객 수")], ".svg", print).decode()
    assert ">승" not in svg and svg.count('class="stroke"') == 3, "a path for each syllable"
    monkeypatch.setattr(lettered, "has_glyph", lambda letter: True)
    assert ">승객 수<" in draw([panel("승객 수")], ".svg", print).decode()
    page = draw([panel("승객 수")], ".html", print).decode()
    assert 'class="typed"' in page and page.count('class="stroke"') == 3, "the page shows one of them"


def test_other_letters_without_a_font_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettered, "has_glyph", lambda letter: letter.isascii())
    said: list[str] = []
    draw([panel("値")], ".png", said.append)
    assert said and "値" in said[0]


def test_without_what_draws_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[report\]'"):
        draw([panel()], ".png", print)
