"""Charts as SVG and PNG."""

import struct
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from seqloom.errors import ResourceError
from seqloom.report import chart_svg
from seqloom.report.chart import chart
from seqloom.report.figures import Bars, Line, Lines

SVG = "{http://www.w3.org/2000/svg}"
LINES = Lines(
    "<기울기> & norm",
    [Line("rnn", np.arange(3.0), np.arange(3.0)), Line("gru", np.arange(3.0), np.ones(3))],
    "step",
    "y",
)


def test_texts_and_marks_are_there() -> None:
    root = ElementTree.fromstring(chart_svg.as_svg(chart(LINES)))
    words = {one.text for one in root.iter(f"{SVG}text")}
    assert {"<기울기> & norm", "rnn", "gru", "step", "y"} <= words
    lines = [one for one in root.iterfind(f".//{SVG}g") if "mark-line" in (one.get("class") or "")]
    assert sum(len(list(one.iter(f"{SVG}path"))) for one in lines) == 2


def test_a_mark_tells_its_numbers() -> None:
    root = ElementTree.fromstring(chart_svg.as_svg(chart(Bars("", ["a", "b"], np.array([1.0, 2.5]), "share"))))
    told = [one.text or "" for one in root.iter(f"{SVG}title")]
    assert any("2.5" in one and "share" in one for one in told) and len(told) >= 2


def test_a_png_is_opaque_and_has_no_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    png = chart_svg.as_png(chart(LINES), said.append)
    width, height = struct.unpack(">II", png[16:24])
    assert png[:4] == b"\x89PNG" and width > 1400 and height > 500 and not said
    image = pytest.importorskip("PIL.Image")
    import io

    pixels = np.asarray(image.open(io.BytesIO(png)).convert("RGBA"))
    assert (pixels[..., 3] == 255).all() and (pixels[0, 0] == 255).all()


def test_without_what_draws_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[report\]'"):
        chart_svg.as_svg(chart(LINES))


def test_no_name_of_an_axis_ends_an_expression() -> None:
    name = '\\" + 1/0 + \\u0041'
    svg = chart_svg.as_svg(chart(Bars("", [name], np.ones(1), name)))
    words = [one.text for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert words.count(name) == 2, "before the bar and along the axis, as it was given"


def test_a_bar_beyond_which_a_number_stands_has_room_for_it() -> None:
    for values, low, high in (
        ([1.0, 10.0], 0, 11),
        ([-10.0, -1.0], -11, 0),
        ([-5.0, 5.0], -6, 6),
        ([0.0, 0.0], 0, 0.1),
    ):
        spec = chart(Bars("", ["a", "b"], np.array(values), ""))
        domain = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
        assert np.allclose(domain, [low, high]), values


def test_letters_of_two_columns_have_room_at_the_right() -> None:
    def right(name: str) -> float:
        x = np.arange(2.0)
        return float(chart(Lines("", [Line(name, x, x), Line("b", x, x)], "", ""))["padding"]["right"])

    assert right("정방향") == right("abc") + 24
