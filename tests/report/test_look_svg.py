"""Looks drawn: a panel for the picture and each word, pixels as data, words escaped, and a PNG."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from seqloom.report.look import Look
from seqloom.report.look_svg import ACROSS, as_page, as_png, as_svg

PICTURE = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
WEIGHTS = np.random.default_rng(1).dirichlet(np.ones(4), 3).reshape(3, 2, 2)
LOOK = Look(PICTURE, WEIGHTS, ["a", "<red> & round", "원"], "a <red> 원")


def images(svg: str) -> list[bytes]:
    return [base64.b64decode(data) for data in re.findall(r'href="data:image/png;base64,([^"]+)"', svg)]


def test_a_panel_for_the_picture_and_one_for_each_word() -> None:
    svg = as_svg(LOOK)
    root = ElementTree.fromstring(svg)
    assert len(images(svg)) == 4 and root.get("aria-label") == "a <red> 원"
    words = ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words == ["a <red> 원", "a", "<red> & round", "원"]


def test_every_place_says_its_word_and_weight() -> None:
    titles = [one.text for one in ElementTree.fromstring(as_svg(LOOK)).iter("{http://www.w3.org/2000/svg}title")]
    assert (
        len(titles) == 3 * 4
        and titles[0] == f"a: {WEIGHTS[0, 0, 0]:.3f}"
        and titles[-1] == f"원: {WEIGHTS[2, 1, 1]:.3f}"
    )


def test_the_pixels_are_those_of_the_picture_and_shaded() -> None:
    image = pytest.importorskip("PIL.Image")
    read = [np.asarray(image.open(io.BytesIO(one))) for one in images(as_svg(LOOK))]
    assert read[0].shape == (128, 128, 3) and np.array_equal(read[0][::8, ::8], PICTURE)
    for word in range(3):
        assert np.array_equal(read[word + 1], LOOK.shaded(word, 8))


def test_panels_stand_in_rows() -> None:
    many = Look(PICTURE, np.full((9, 1, 1), 1.0), [str(number) for number in range(9)], "")
    places = re.findall(r'<g transform="translate\((\S+) (\S+)\)">', as_svg(many))
    assert len(places) == 10 and len({y for _, y in places}) == 2
    assert [x for x, _ in places[:4]] == [x for x, _ in places[ACROSS:]]


def test_a_page_asks_nobody_for_anything() -> None:
    page = as_page([LOOK, LOOK], "Where it <looked>", "A run.")
    assert page.count("<svg") == 2 and "Where it &lt;looked&gt;" in page and "A run. The first picture" in page
    assert not re.search(r'(src|href)="(?!data:)', page) and "img-src data:" in page


def test_a_png_shows_what_the_svg_does() -> None:
    pytest.importorskip("vl_convert")
    image = pytest.importorskip("PIL.Image")
    drawn = np.asarray(image.open(io.BytesIO(as_png(LOOK))).convert("RGB")).astype(int)
    # the program draws two pixels for one: the first panel begins at the edge, below a line of title
    panel = drawn[2 * (8 + 22) :, 16:][: 2 * 128, : 2 * 128]
    assert np.abs(panel[8::16, 8::16] - PICTURE).max() <= 2
