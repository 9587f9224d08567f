"""The page: whole, escaped, and asking nobody for anything."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from seqloom.report.attention_map import AttentionMap
from seqloom.report.attention_page import as_page

PAGE = as_page([AttentionMap([[1.0]], ["<토>"], ["&"])] * 2, "날짜 <b>", "Read & written.")


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_it_is_whole_and_escaped() -> None:
    tags = Tags()
    tags.feed(PAGE)
    assert tags.open == [] and tags.seen.count("svg") == 2 and "b" not in tags.seen
    assert tags.words.count("날짜 <b>") == 2 and any("Read & written. A row is" in words for words in tags.words)


def test_it_asks_nobody_for_anything() -> None:
    outside = PAGE.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<link|[^-]src=|href=|fetch|import", outside)
    assert "default-src 'none'" in PAGE, "and a browser is told so"


def test_a_browser_may_run_the_script_of_the_page_and_no_other() -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", PAGE, re.DOTALL)
    (known,) = re.findall(r"script-src 'sha256-([^']+)'", PAGE)
    assert base64.b64decode(known) == hashlib.sha256(script.encode()).digest()


def test_hangul_is_there_as_text_and_as_strokes() -> None:
    page = as_page([AttentionMap([[1.0, 0.0]], ["토", "a"], ["1"])], "t")
    assert '<g class="typed"><text' in page and page.count("<path") == 1 == page.count('class="drawn"')
    assert ".drawn, .fontless .typed { display: none; }" in page


def test_it_has_colours_for_the_dark() -> None:
    assert "prefers-color-scheme: dark" in PAGE and 'class="cell"' in PAGE and 'class="map"' in PAGE
