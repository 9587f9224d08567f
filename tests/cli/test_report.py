"""seqloom report, and the page that seqloom train ends with: written, left out, missing its programs, or failing."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqloom.report.page_script import vega

LINE = ["--arch", "bag", "--steps", "3", "--out", "runs/r", "-s", "source.tokens=word", "-s", "source.size=8"]


@pytest.fixture
def reviews(seqloom: Callable) -> str:
    rows = [
        f"{word} film {n % 5}\t{label}" for n in range(20) for word, label in (("훌륭한", "긍정"), ("dull", "부정"))
    ]
    Path("리뷰.tsv").write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return "리뷰.tsv"


@pytest.fixture
def switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQLOOM_REPORT", raising=False)


def test_a_training_ends_with_a_page(seqloom: Callable, reviews: str, switched_on: None) -> None:
    code, out, err = seqloom("train", "classify", reviews, *LINE, "--json")
    assert code == 0 and json.loads(out)["run"] == "runs/r"
    assert err.rstrip().endswith("seqloom: wrote runs/r/report.html")
    page = Path("runs/r/report.html").read_text(encoding="utf-8")
    assert "r: classify by bag" in page and "긍정" in page and "versions" in page and "not written down" not in page
    assert seqloom("evaluate", "runs/r")[0] == 0, "the run is whole with the page in it"


@pytest.mark.parametrize("way", ["option", "environment"])
def test_it_is_left_out_where_nobody_wants_it(
    seqloom: Callable, reviews: str, switched_on: None, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "environment":
        monkeypatch.setenv("SEQLOOM_REPORT", "OFF")
    code, _, err = seqloom("train", "classify", reviews, *LINE, *(["--no-report"] if way == "option" else []))
    assert code == 0 and "report.html" not in err and not Path("runs/r/report.html").exists()


def test_a_switch_that_is_neither_is_said_before_training(
    seqloom: Callable, reviews: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQLOOM_REPORT", "maybe")
    code, _, err = seqloom("train", "classify", reviews, *LINE)
    assert code == 2 and "SEQLOOM_REPORT=maybe: say on or off." in err and not Path("runs").exists()


def test_without_what_draws_the_training_is_done_and_says_what_to_install(
    seqloom: Callable, reviews: str, switched_on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    vega.cache_clear()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    code, out, err = seqloom("train", "classify", reviews, *LINE)
    assert code == 0 and "valid accuracy" in out
    assert "no report.html" in err and "pip install 'seqloom[report]'" in err and "seqloom report runs/r" in err
    vega.cache_clear()


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError("odd"), "ValueError: odd"), (KeyboardInterrupt(), "no report.html: stopped.")]
)
def test_whatever_goes_wrong_the_training_is_done(
    seqloom: Callable, reviews: str, switched_on: None, monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr("seqloom.pages.run_page.run_page", fail)
    code, out, err = seqloom("train", "classify", reviews, *LINE)
    assert code == 0 and "valid accuracy" in out and said in err and "Traceback" not in err


def test_it_is_written_again_on_a_file_and_elsewhere(seqloom: Callable, reviews: str) -> None:
    assert seqloom("train", "classify", reviews, *LINE)[0] == 0
    code, out, err = seqloom("report", "runs/r")
    assert code == 0 and out == "" and "seqloom: wrote runs/r/report.html" in err
    Path("new.tsv").write_text("text\tlabel\ndull film\t부정\n훌륭한 film\t긍정\n", encoding="utf-8")
    code, _, err = seqloom("report", "runs/r", "--data", "new.tsv", "--out", "쪽/a.html")
    assert code == 0 and "wrote 쪽/a.html" in err
    assert "all 2 rows of new.tsv" in Path("쪽/a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (["runs/none"], 3, "there is no such run"),
        (["runs/r", "--out", "runs"], 2, "runs is a folder; name a file"),
        (["runs/r", "--out", " "], 2, "--out must name a file"),
        (["runs/r", "--data", "none.tsv"], 2, "none.tsv"),
        (["runs/r", "--out", "리뷰.tsv/a.html"], 2, "is a file, no folder"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else None,
)
def test_what_cannot_be_is_said_in_a_line(
    seqloom: Callable, reviews: str, line: list[str], code: int, said: str
) -> None:
    assert seqloom("train", "classify", reviews, *LINE)[0] == 0
    found, out, err = seqloom("report", *line)
    assert found == code and out == "" and said in err and "Traceback" not in err
    assert not Path("runs/r/report.html").exists()
