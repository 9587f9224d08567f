"""Heat maps as SVG: every cell is there, and says what it is without its colour."""

import base64
import re
import xml.etree.ElementTree as ElementTree

import numpy as np

from seqloom.report.figures import Heat
from seqloom.report.heat_svg import DRAWN, as_svg, pixels, remarks

SVG = "{http://www.w3.org/2000/svg}"


def drawn(heat: Heat) -> ElementTree.Element:
    return ElementTree.fromstring(as_svg(heat))


def cells(root: ElementTree.Element) -> list[tuple[str, float]]:
    found = root.iterfind(f".//{SVG}g[@class='grid']//{SVG}rect")
    return [(one[0].text or "", float(one.get("fill-opacity", "nan"))) for one in found]


def test_each_cell_says_its_row_its_column_and_its_value() -> None:
    root = drawn(Heat("<map>", np.array([[0.0, 0.5], [1.0, 0.25]]), ["<s>", "나"], ["a&b", " "], "out", "in"))
    assert cells(root) == [
        ("<s> × a&b: 0", 0),
        ("<s> × ␣: 0.5", 0.5),
        ("나 × a&b: 1", 1),
        ("나 × ␣: 0.25", 0.25),
    ]
    words = [one.text for one in root.iter(f"{SVG}text")]
    assert {"<map>", "<s>", "나", "a&b", "␣", "out", "in", "0", "1"} <= set(words)


def test_below_0_has_a_bar_and_nothing_has_a_slant() -> None:
    root = drawn(Heat("", np.array([[-1.0, 1.0, np.nan]]), ["r"], ["a", "b", "c"], signed=True))
    bars = [one.get("class") for one in root.iterfind(f".//{SVG}g[@class='grid']//{SVG}path")]
    assert bars == ["ink", None], "a bar for -1, a slanted line for the gap"
    assert ("r × c: none", 0) in cells(root)
    assert [one.text for one in root.iter(f"{SVG}text")][-3:] == ["-1", "1", "none"], "the legend says all three"


def test_many_cells_are_one_picture() -> None:
    heat = Heat("", np.zeros((31, 31)), ["r"] * 31, ["c"] * 31)
    assert heat.values.size > DRAWN
    root = drawn(heat)
    (image,) = root.iter(f"{SVG}image")
    data = base64.b64decode((image.get("href") or "").removeprefix("data:image/png;base64,"))
    assert data.startswith(b"\x89PNG") and not cells(root)


def test_a_thousand_columns_stay_small_and_every_name_has_room() -> None:
    heat = Heat("", np.random.default_rng(0).random((64, 1000)), [f"u{n}" for n in range(64)], ["token"] * 1000)
    svg = as_svg(heat)
    assert len(svg) < 500_000 and not remarks(heat)
    places = [float(x) for x in re.findall(r"translate\(([\d.]+) \d+\) rotate\(-90\)", svg)]
    assert len(places) > 30 and min(np.diff(places)) >= 15


def test_more_than_there_are_pixels_is_averaged_and_said() -> None:
    heat = Heat("", np.zeros((2, 2500)), ["a", "b"], ["c"] * 2500)
    assert remarks(heat) == ["Each cell drawn is the mean of 1 rows by 3 columns."]


def test_a_cell_of_several_says_the_first_of_them_and_their_mean() -> None:
    names = [f"row {number}" for number in range(1000)]
    told = [words for words, _ in cells(drawn(Heat("", np.arange(1000.0)[:, None], names, ["c"])))]
    assert told[:2] == ["row 0 × c: 0.5", "row 2 × c: 2.5"] and told[-1] == "row 998 × c: 998.5"
    names = [f"column {number}" for number in range(1600)]
    told = [words for words, _ in cells(drawn(Heat("", np.arange(1600.0)[None], ["r"], names)))]
    assert told[:2] == ["r × column 0: 0.5", "r × column 2: 2.5"]


def test_pixels_show_the_same_as_rectangles() -> None:
    made = pixels(np.array([[1.0, -1.0, np.nan, 0.0]]), (8, 8))
    assert made.shape == (8, 32, 4)
    assert (made[0, 0] != made[0, 8]).any() and made[0, 0, 3] == made[0, 8, 3] == 255
    assert (made[4, 9:15] != made[0, 9:15]).any(), "a bar across the cell below 0"
    assert (made[4, :8] == made[0, 0]).all(), "and none across the one above"
    assert 0 < (made[:, 16:24, 3] == 255).mean() < 0.5, "a slanted line where there is nothing"
    assert not made[:, 24:, 3].any()
