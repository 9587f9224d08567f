"""Marked texts: strength and sign, readable without colour."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
from rich.cells import cell_len

from seqloom.report.figures import Marked
from seqloom.report.marked import as_html, as_svg, as_text

TEXT = Marked("t", ["나는", "<b>", "go", "!"], np.array([1.0, -0.5, np.nan, 0.25]), glue=[False, False, False, True])


def test_on_a_terminal_signs_stand_below_their_tokens() -> None:
    assert as_text(TEXT, 40) == ["나는 <b> go!", "████ === ··░", "darkest █ = 1, blank = 0, # = -1"]


def test_lines_break_before_a_token_that_does_not_fit_and_after_a_new_line() -> None:
    long = Marked("", ["aaa", "bbb", "ccc\n", "d"], np.ones(4))
    assert as_text(long, 7)[::2] == ["aaa bbb", "ccc⏎", "d", "darkest █ = 1, blank = 0"]
    assert all(cell_len(line) <= 7 for line in as_text(long, 7)[:-1])


def test_as_svg_each_token_says_its_weight_and_below_0_is_dotted() -> None:
    root = ElementTree.fromstring(as_svg(TEXT))
    spot = "{http://www.w3.org/2000/svg}"
    assert [one.text for one in root.iter(f"{spot}title")] == ["나는: 1", "<b>: -0.5", "go: none", "!: 0.25"]
    dots = [one.get("stroke-dasharray") for one in root.iter(f"{spot}path")]
    assert dots == [None, "2 2", None, None, "2 2"], "three tokens, then the two of the legend"


def test_as_html_it_is_escaped_and_joined_as_it_was() -> None:
    html = as_html(TEXT)
    assert '<p class="marked" dir="auto">' in html and "<b>" not in html
    assert re.sub(r"<[^>]+>", "", html).startswith("나는 &lt;b&gt; go!")
    shares = re.findall(r'class="token (\w+)" style="--share:([\d.]+)" title', html)
    assert shares == [("above", "1.000"), ("below", "0.500"), ("level", "0.000"), ("above", "0.250")]


def test_what_hardly_weighs_has_no_line() -> None:
    html = as_html(Marked("", ["a", "b", "c"], np.array([1.0, 0.04, -0.04])))
    assert 'class="token above" style="--share:1.000"' in html and html.count('class="token level"') == 2


def test_the_scale_can_be_given_and_nothing_but_0_is_no_error() -> None:
    assert as_text(Marked("", ["a"], np.array([1.0]), scale=4.0), 20)[1:] == ["░", "darkest █ = 4, blank = 0"]
    assert as_text(Marked("", ["a"], np.array([0.0])), 20)[1] == ""
    assert 'title="\\u202eabc: 1"' in as_html(Marked("", ["\u202eabc"], np.ones(1))), "no token turns the page around"
