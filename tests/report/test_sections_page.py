"""The page of sections: whole, escaped, asking nobody for anything; and what a browser offline makes of it."""

import base64
import hashlib
import html
import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqloom.errors import ResourceError
from seqloom.report.figures import Bars, Figure, Heat, Line, Lines, Marked, Node, Points, Section, Shaded, Table, Tree
from seqloom.report.look import Look
from seqloom.report.page_script import vega
from seqloom.report.sections_page import FACTS, inline, page

EVIL = "</script><script>alert(1)</script><b>나</b>"
X = np.arange(5.0)
GAP = np.array([1.0, np.nan, 3.0, np.nan, 5.0])
BIG = np.random.default_rng(0).normal(size=(64, 1000))
FIGURES: list[Figure] = [
    Lines(
        EVIL, [Line(EVIL, X, GAP), Line("gru", X, X, X - 1, X + 1)], "step", "norm", ticks=[EVIL, "b", " ", "d", "e"]
    ),
    Bars("bars", ["a", EVIL], np.array([1.0, -2.0]), "share"),
    Points("points", X, X, ["p", "q", EVIL, "s", "t"], "one", "two", ["g", "g", "h", "h", "h"], joined=True),
    Heat("small", np.array([[-1.0, 1.0, np.nan]]), ["row"], [EVIL, "b", "c"], signed=True),
    Heat("big", BIG, [f"u{at}" for at in range(64)], [EVIL, *("c" * 999)], signed=True, caption="한글 아래"),
    Marked("marked", [EVIL, "good", "bad"], np.array([0.0, 1.0, -1.0])),
    Tree("tree", [Node(None, "<s>", 0.0, best=True), Node(0, EVIL, -1.0, best=True), Node(0, "x", -2.0, kept=False)]),
    Shaded("look", Look(np.zeros((4, 4)), np.full((1, 2, 2), 0.25), ["고양이"])),
    Table("table", ["name", "n"], [[EVIL, 1], ["b", None]]),
    Lines("empty", [], "step", "norm"),
    Lines("groups", [Line("first", X, X, group="g"), Line("second", X, X + 1, group="h")], "step", "norm"),
    Lines("long", [Line("a", np.arange(100.0), np.arange(100.0))], "step", "norm", marks=[(50, "half")]),
]
SECTIONS = [
    Section(EVIL, f"about {EVIL}", FIGURES[:5], [f"note {EVIL}"], {"a": EVIL, "b": np.arange(2), "c": float("nan")}),
    Section("second", "one\n\ntwo", FIGURES[5:]),
]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "link", "br", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def whole() -> str:
    return page(EVIL, SECTIONS, f"why {EVIL}")


def test_it_is_whole_and_escaped(whole: str) -> None:
    tags = Tags()
    tags.feed(whole)
    assert tags.open == [] and "b" not in tags.seen and tags.seen.count("figure") == len(FIGURES)
    assert "alert(1)</script>" not in whole


def test_it_asks_nobody_for_anything(whole: str) -> None:
    own = whole.replace(vega(), "").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//[a-z]+\.|@import|[^-]src=|fetch\(|import\(", own)
    assert set(re.findall(r'href="([^"#])', own)) == {"d"}, "pictures as data, and an empty icon"


@pytest.mark.parametrize("make", [page, inline])
def test_a_browser_may_run_the_scripts_of_the_page_and_no_others(make: Any) -> None:
    made = make("t", SECTIONS, "about")
    made = made if make is page else html.unescape(re.search(r'srcdoc="([^"]*)"', made).group(1))  # type: ignore[union-attr]
    scripts = re.findall(r"<script>(.*?)</script>", made, re.DOTALL)
    known = re.findall(r"'sha256-([^']+)'", made)
    assert [base64.b64decode(one) for one in known] == [hashlib.sha256(one.encode()).digest() for one in scripts]
    assert len(scripts) == (2 if make is page else 1) and "unsafe-eval" not in made
    assert "default-src 'none'" in made


def test_vega_comes_only_with_charts() -> None:
    small = page("t", [Section("s", "", FIGURES[8:10])], "about")
    assert len(small) < 20_000 and "data-chart=" not in small


def test_without_what_draws_charts_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    vega.cache_clear()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert "<table>" in page("t", [Section("s", "", FIGURES[8:9])], "")
    with pytest.raises(ResourceError, match=r"pip install 'seqloom\[report\]'"):
        page("t", SECTIONS, "")


def test_the_facts_are_json_and_cut_where_they_are_long() -> None:
    short = page("t", [Section("s", "", facts={"a": np.float64(0.5), "b": {"c": np.arange(2)}})], "")
    (told,) = re.findall(r"<pre>(.*?)</pre>", short, re.DOTALL)
    assert json.loads(html.unescape(told)) == {"a": 0.5, "b": {"c": [0, 1]}}
    long = page("t", [Section("s", "", facts={"a": "x" * (FACTS + 100)})], "")
    assert "letters more; --json has them all." in long and len(long) < FACTS + 12_000


def test_what_leads_stands_before_all_else_of_its_part() -> None:
    made = page("t", [Section("s", "why so", FIGURES[8:9], lead=[f"gru wins {EVIL}", "by far"])], "")
    assert made.index("<h2>") < made.index("gru wins &lt;/script&gt;") < made.index("by far") < made.index("why so")
    assert '<ul class="lead"><li>' in made and 'class="lead"' not in page("t", [Section("s", "")], "")


def test_a_page_of_many_figures_stays_small(whole: str) -> None:
    assert len(whole) < 2_500_000
    many = page("t", [Section("s", "", [Heat("", BIG[:60, :60], ["r"] * 60, ["c"] * 60)] * 24)], "")
    assert len(many) < 3_000_000


def test_in_a_notebook_it_is_a_frame_of_its_own() -> None:
    made = inline(EVIL, SECTIONS, "about")
    assert made.startswith("<iframe ") and made.endswith("</iframe>") and made.count("<") == 2
    inside = html.unescape(re.search(r'srcdoc="([^"]*)"', made).group(1))  # type: ignore[union-attr]
    assert "vegaEmbed(" in inside and vega() not in inside and inside.count("mark-line") > 0


# What a browser makes of it. No request may leave, and none may be tried.


class Visit:
    """A page opened with the network cut, and all that it said and asked for."""

    def __init__(self, browser: Any, path: Path, scheme: str) -> None:
        self.context = browser.new_context(color_scheme=scheme, viewport={"width": 1200, "height": 800})
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context.route("**/*", self._route)
        self.context.set_offline(True)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.own = path.as_uri()
        self.page.goto(self.own)
        self.page.wait_for_selector("html[data-drawn=yes]", timeout=60_000)

    def _route(self, route: Any) -> None:
        if route.request.url == self.own:
            route.continue_()
        else:
            self.asked.append(route.request.url)
            route.abort()


@pytest.fixture(scope="module", params=["light", "dark"])
def visit(browser: Any, whole: str, tmp_path_factory: pytest.TempPathFactory, request: Any) -> Iterator[Visit]:
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(whole, encoding="utf-8")
    opened = Visit(browser, path, request.param)
    yield opened
    opened.context.close()


def test_nothing_is_asked_for_and_nothing_goes_wrong(visit: Visit) -> None:
    assert visit.said == [] and visit.asked == []
    assert visit.page.evaluate("document.scripts.length") == 5, "two scripts, and data: charts, letters, a heat map"


def test_texts_are_there_as_they_were_given(visit: Visit) -> None:
    texts = visit.page.locator("body").inner_text()
    for words in (
        EVIL,
        f"about {EVIL}",
        f"note {EVIL}",
        "norm",
        "gru",
        "small",
        "marked",
        "tree",
        "table",
        "one",
        "first",
        "second",
    ):
        assert words in texts, words
    legends = visit.page.locator("[data-chart='3'] .role-legend-label text").all_text_contents()
    assert legends == ["g", "h", "first", "second"], "groups by colours, and lines by dashes"
    assert "There is nothing to draw." in texts and "한글 아래" in texts
    assert visit.page.title() == EVIL


def test_marks_are_there(visit: Visit) -> None:
    count = lambda selector: visit.page.locator(selector).count()  # noqa: E731
    assert count("[data-chart] svg") == 5
    assert count("[data-chart='0'] .mark-line path") == 2
    assert count("[data-chart='0'] .layer_2_marks path") == 3 + 5, "the points that are numbers"
    assert count("[data-chart='0'] .mark-area path") == 1
    assert count("[data-chart='1'] .mark-rect.role-mark path") == 2
    assert count("svg .grid rect") == 3 and count("svg image.grid") == 1
    assert count(".token[title]") == 3 and count("svg .node") == 3 and count("table tr") == 3


def test_ink_is_seen_on_the_paper(visit: Visit) -> None:
    sum_of = "(one) => getComputedStyle(one)[%r].match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)"
    paper = visit.page.locator("body").evaluate(sum_of % "backgroundColor")
    for selector in ("body", "[data-chart] svg .role-axis-label text", "svg.map", "[data-chart] .role-title text"):
        ink = visit.page.locator(selector).first.evaluate(sum_of % ("color" if selector == "body" else "fill"))
        assert abs(ink - paper) > 500, selector


def test_the_pointer_finds_numbers(visit: Visit) -> None:
    image = visit.page.locator("svg image.grid")
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    visit.page.mouse.move(box["x"] + box["width"] * 0.5005, box["y"] + box["height"] * 10.5 / 64)
    tip = visit.page.locator("#tip")
    assert tip.is_visible() and tip.inner_text() == f"u10 × c: {BIG[10, 500]:.4g}"
    visit.page.mouse.move(0, 0)
    assert not tip.is_visible()
    bar = visit.page.locator("[data-chart='1'] .mark-rect.role-mark path").last
    bar.scroll_into_view_if_needed()
    bar.hover()
    visit.page.wait_for_selector("#vg-tooltip-element.visible")
    assert visit.page.locator("#vg-tooltip-element").inner_text() == f"{EVIL}: share \N{MINUS SIGN}2"


def test_hangul_has_a_font_where_the_browser_has_none(visit: Visit) -> None:
    fontless = visit.page.evaluate("document.documentElement.classList.contains('fontless')")
    loaded = visit.page.evaluate("[...document.fonts].map((one) => one.family + ' ' + one.status)")
    assert loaded == (["Seqloom Hangul loaded"] if fontless else [])
    drawn = """(words) => {
      const pen = document.createElement("canvas").getContext("2d");
      pen.font = "20px " + getComputedStyle(document.body).fontFamily;
      return words.map((word) => { pen.clearRect(0, 0, 99, 99); pen.fillText(word, 0, 30);
                                   return pen.getImageData(0, 0, 60, 60).data.join(); });
    }"""
    assert len(set(visit.page.evaluate(drawn, ["나", "한", "글", "아", "래"]))) == 5, "no two are the same box"


def test_in_a_notebook_it_is_drawn_and_as_high_as_it_is(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "notebook.html"
    framed = inline("t", SECTIONS, "about")
    path.write_text(f'<!doctype html><html data-drawn="yes"><meta charset="utf-8">{framed}</html>', encoding="utf-8")
    opened = Visit(browser, path, "light")
    frame = opened.page.frame_locator("iframe")
    frame.locator("html[data-drawn=yes]").wait_for()
    assert frame.locator("svg.marks").count() == 5 and opened.said == [] and opened.asked == []
    high = opened.page.locator("iframe").bounding_box()["height"]
    assert frame.locator("html").evaluate("(one) => one.scrollHeight") <= high
    opened.context.close()
