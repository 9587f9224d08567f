"""The page of a comparison: what it says, and what a browser offline makes of it, in the light, the dark, on paper."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from seqloom.pages.comparison_page import page_of
from seqloom.report.page_script import vega

Made = Callable[..., dict[str, Any]]
PARTS = (
    *("Verdict", "What can be told apart", "What it costs", "How they learn", "Where they differ", "Every run"),
    "What was run, and how to read it",
)


def headings(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page[: page.index("</main>")])


def test_the_verdict_leads_and_every_part_is_there(made: Made) -> None:
    page = page_of(made())
    assert headings(page) == list(PARTS)
    assert page.index("gru and lstm cannot be told apart") < page.index("How good each is")
    for words in ("seqloom compare classify 후기.tsv", "2.9", "params=1M", "Holm", "no difference shown", "[84."):
        assert words in page, words


def test_it_asks_nobody_for_anything_and_is_escaped(made: Made) -> None:
    page = page_of(made(failed=[("gru", 0)], verdict=["</script><script>alert(1)</script>"]))
    own = page.replace(vega(), "").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|@import|[^-]src=", own) and "<script>alert" not in page
    assert "step 40 &lt;b&gt;" in page


def test_failures_are_rows(made: Made) -> None:
    page = page_of(made(failed=[("transformer", 1)]))
    assert "What failed" in page and page.count("the loss is not finite at step 40") >= 2
    assert "What failed" not in page_of(made())


def test_where_nothing_was_measured_the_page_still_says_what_happened(made: Made) -> None:
    every = [(arch, seed) for arch in ("gru", "lstm") for seed in range(3)]
    told = made(("gru", "lstm"), failed=every, measure=None, verdict=["every run failed."], pairs=[], pareto=[])
    told |= {"by_length": {}, "by_class": {}, "by_rarity": {}}
    page = page_of(told)
    assert headings(page) == ["Verdict", "What it costs", "Every run", "What was run, and how to read it"]
    assert "every run failed." in page and "No run was measured" in page and "data-chart=" not in page


def test_one_seed_and_one_architecture_have_a_page(made: Made) -> None:
    page = page_of(made(seeds=(7,)))
    assert "One seed: nothing is known" in page and "not tested" not in page
    lone = page_of(made(("gru",), pairs=[]))
    assert "What can be told apart" not in headings(lone) and "How they learn" in headings(lone)


def test_pairs_that_could_not_be_tested_have_a_table_and_no_picture(made: Made) -> None:
    told = made(("gru", "lstm"), failed=[("lstm", seed) for seed in range(3)])
    page = page_of(told)
    assert "not tested" in page and "How far they are apart" not in page


def test_curves_of_another_metric_than_what_is_compared_are_in_its_own_numbers(made: Made) -> None:
    told = made()
    assert "accuracy, on validation rows" in page_of(told)
    values = lambda page: [float(one) for one in re.findall(r'"y":([\d.]+),"p":1', page)]  # noqa: E731
    assert max(values(page_of(told))) > 50
    for cell in told["cells"]:
        cell["metric"] = "loss"
    bare = {**told, "by_length": {}, "by_rarity": {}}
    assert "loss, on validation rows" in page_of(bare) and max(values(page_of(bare))) < 1


# What a browser makes of it.


@pytest.fixture(params=["light", "dark"])
def visit(browser: Any, made: Made, tmp_path: Path, request: Any) -> Iterator[Any]:
    """Open the page with the network cut; whatever it asks for or complains of fails the test."""
    page = page_of(made(failed=[("transformer", 1)]))
    with opened(browser, page, tmp_path, request.param) as tab:
        yield tab


@contextmanager
def opened(browser: Any, page: str, folder: Path, scheme: str) -> Iterator[Any]:
    path = folder / "비교.html"
    path.write_text(page, encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1200, "height": 800}, offline=True)
    wrong: list[str] = []
    tab = context.new_page()
    tab.on("console", lambda message: wrong.append(message.text))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
    tab.goto(path.as_uri())
    tab.wait_for_selector("html[data-drawn=yes]", timeout=60_000)
    yield tab
    assert wrong == []
    context.close()


def light(tab: Any, selector: str, what: str) -> int:
    """Return the sum of red, green and blue of a colour of an element, 0 to 765."""
    script = (
        "([one, what]) => getComputedStyle(one)[what].match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0)"
    )
    return int(tab.locator(selector).first.evaluate(f"(one) => ({script})([one, '{what}'])"))


def test_all_is_drawn_and_read(visit: Any) -> None:
    texts = visit.locator("body").inner_text()
    for words in ("gru and lstm cannot be told apart (p = 0.41).", "좋음", "후기.tsv", "transformer is better", *PARTS):
        assert words in texts, words
    assert visit.locator("[data-chart]").count() == visit.locator("[data-chart] svg").count() == 9
    assert visit.locator("[data-chart='0'] .mark-symbol.role-mark path").count() == 4, "a dot an architecture"
    rows = visit.locator("[data-chart='0'] .role-axis-label text").all_text_contents()
    assert [row for row in rows if not re.match(r"[\d.]", row)] == ["gru", "lstm", "transformer", "rnn"]
    assert visit.locator("[data-chart='2'] .mark-line path").count() == 1, "the front"


def test_the_pointer_finds_the_numbers_of_an_interval(visit: Any) -> None:
    dot = visit.locator("[data-chart='1'] .mark-symbol.role-mark path").nth(2)
    dot.scroll_into_view_if_needed()
    dot.hover()
    visit.wait_for_selector("#vg-tooltip-element.visible")
    told = visit.locator("#vg-tooltip-element").inner_text()
    assert told.startswith("gru - rnn (difference shown): difference of accuracy (points) 6.") and told.endswith("]")


def test_nothing_is_wider_than_the_screen_but_inside_its_own_frame(visit: Any) -> None:
    for width in (1200, 390):
        visit.set_viewport_size({"width": width, "height": 800})
        assert visit.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_it_is_black_on_white_and_fits(visit: Any) -> None:
    visit.emulate_media(media="print")
    visit.set_viewport_size({"width": 718, "height": 1000})  # A4 less its margins, at 96 dots an inch
    assert light(visit, "body", "backgroundColor") == 765 and light(visit, "body", "color") == 0
    assert light(visit, "[data-chart] svg .role-axis-label text", "fill") == 0
    assert not visit.locator("nav").is_visible()
    assert visit.evaluate("document.documentElement.scrollWidth") <= 718
    assert visit.locator("[data-chart='1'] svg").bounding_box()["width"] <= 718


def test_a_page_without_intervals_is_drawn_without_complaint(browser: Any, made: Made, tmp_path: Path) -> None:
    with opened(browser, page_of(made(seeds=(7,))), tmp_path, "light") as tab:
        assert tab.locator("[data-chart='0'] .mark-symbol.role-mark path").count() == 4
