"""The page of a run, of every task: what it says, that its numbers are the run's own, and how a browser shows it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqloom.errors import InputError
from seqloom.pages.run_page import run_page, sections
from seqloom.report.figures import Section, Table
from seqloom.report.page_script import vega
from seqloom.training.run import Run, fit, load

Kept = Callable[[str], tuple[Run, str | None]]
PARTS = {
    "classify": ("Labels", "Errors", "Why: a row that is told right"),
    "language": ("Texts", "Why: a passage of the text"),
    "translate": ("Answers", "Errors", "Why: a row that is told right"),
    "transduce": ("Answers", "Length", "Errors", "Why: a row that is told right"),
    "tag": ("Tags", "Errors", "Why: a row that is told right"),
    "forecast": ("Forecasts", "Against naive forecasts", "Errors", "Why: the next steps of the first series"),
    "regress": ("Numbers", "Errors", "Why: a row of median error", "Why: the worst of the errors"),
    "caption": ("Answers", "Errors", "Why: a row that is told right", "Why: the worst of the errors"),
    "vqa": ("Questions", "Labels", "Length", "Errors"),
    "transcribe": ("Answers", "Length", "Errors", "Why: a row that is told right"),
}
"""What the page of each kept run has beside what every page has."""


def titles(parts: list[Section]) -> list[str]:
    return [part.title for part in parts]


def cells(part: Section, title: str = "") -> dict[Any, tuple[Any, ...]]:
    table = next(one for one in part.figures if isinstance(one, Table) and one.title == title)
    return {row[0]: tuple(row[1:]) for row in table.rows}


@pytest.mark.parametrize("task", PARTS)
def test_every_task_has_its_parts_and_its_own_numbers(kept: Kept, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqloom.pages.run_page.EXPLAINED", 600.0)
    run, path = kept(task)
    said: list[str] = []
    parts = sections(run, path, said.append)
    found = titles(parts)
    assert found[:2] == ["In short", "Model card"] and found[-1] == "Made by" and said == []
    assert set(PARTS[task]) <= set(found), found
    told = run.evaluate(path)
    shown = cells(parts[0])
    for name, (value, interval, *_) in shown.items():
        assert float(value) == pytest.approx(told[name], rel=2e-3, abs=2e-4), name
        if interval is not None:
            low, high = map(float, interval.split(" to "))
            assert low - 2e-3 * abs(low) - 1e-4 <= float(value) <= high + 2e-3 * abs(high) + 1e-4, name
    assert any(interval is not None for _, interval, *_ in shown.values())
    (lead,) = parts[0].lead
    assert "measured on all" in lead and str(path or "held out") in lead


@pytest.mark.parametrize("task", ["classify", "forecast", "caption"])
def test_the_whole_page_asks_nobody_for_anything(kept: Kept, task: str) -> None:
    run, path = kept(task)
    page = run_page(run, path)
    own = page.replace(vega(), "").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|@import|[^-]src=", own)
    assert f"format-1-{task}: {task} by {run.spec.arch}" in page


def test_data_that_is_gone_leaves_a_page_that_says_so(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = kept("classify")
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    parts = sections(run, None, said.append)
    assert titles(parts) == ["In short", "Model card", "Made by"]
    assert any("Nothing could be measured" in note and "reviews.tsv" in note for note in parts[0].notes)
    assert len(said) == 1 and "reviews.tsv" in said[0]
    assert cells(parts[-1], "Facts")["file reviews.tsv"] == ("is not there now",)


def test_a_file_that_cannot_be_read_is_an_error(kept: Kept) -> None:
    run, _ = kept("classify")
    with pytest.raises(InputError, match=r"nothing\.tsv"):
        sections(run, "nothing.tsv")


def test_rows_that_changed_since_are_told(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = kept("classify")
    text = Path("reviews.tsv").read_text(encoding="utf-8")
    assert not any("NOT those" in note for note in sections(run)[-1].notes)
    monkeypatch.chdir(tmp_path)
    Path("reviews.tsv").write_text(text.replace("great", "grand"), encoding="utf-8")
    changed = load(run.folder or "")
    (note,) = sections(changed)[-1].notes
    assert note.startswith("The rows of reviews.tsv are NOT those that this run learnt from")


def test_what_was_held_out_for_testing_is_measured(tmp_path: Path) -> None:
    run = trained(tmp_path, valid=0.2, settings=["data.test=0.2"])
    (lead,) = sections(run, reread=False)[0].lead
    assert "held out for testing, on which nothing was chosen" in lead


def test_rows_of_one_source_are_one_question_and_none_of_them_is_told_empty(kept: Kept) -> None:
    run, path = kept("transduce")
    parts = {part.title: part for part in sections(run, path)}
    told = run.evaluate(path)
    lines = Path("sounds.tsv").read_text(encoding="utf-8").splitlines()[1:]
    asked = {line.split("\t")[0] for line in lines}
    wrong = round((1 - told["exact"]) * len(asked))
    assert len(asked) < len(lines), "some words are there twice"
    if wrong:
        assert parts["Errors"].about.startswith(f"{wrong} of the ")
    else:
        assert parts["Errors"].about.startswith("None of the ")
    for table in parts["Answers"].figures:
        assert isinstance(table, Table) and all(row[2] for row in table.rows)


def test_a_run_of_one_row_to_look_at_has_a_page(tmp_path: Path) -> None:
    run = trained(tmp_path)
    one = tmp_path / "one.tsv"
    one.write_text("text\tlabel\n훌륭한 film 1\t좋음\n", encoding="utf-8")
    parts = sections(run, str(one))
    assert "measured on all 1 rows" in parts[0].lead[0]
    assert any("too few to say much" in note for note in parts[1].notes)


def trained(folder: Path, **options: Any) -> Run:
    rows = [f"{word} film {n % 7}\t{label}" for n in range(20) for word, label in WORDS]
    (folder / "후기.tsv").write_text("text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8")
    small: dict[str, Any] = {"source": {"tokens": "word", "size": 8}, "encoder": {"size": 8}}
    return fit(
        "classify",
        str(folder / "후기.tsv"),
        arch="gru",
        out=str(folder / "실험 run"),
        **{"steps": 30, "valid_every": 10, "lr": 0.02, "device": "cpu", **small, **options},
    )


WORDS = [("훌륭한", "좋음"), ("fine", "좋음"), ("지루한", "나쁨"), ("</script><script>alert(1)</script>", "나쁨")]

# What a browser makes of it. No request may leave, and none may be tried.


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    run = trained(folder)
    path = folder / "report.html"
    path.write_text(run_page(run, reread=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_in_a_browser_without_a_network_it_is_whole(browser: Any, written: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    said: list[str] = []
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.set_offline(True)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(written.as_uri())
    page.wait_for_selector("html[data-drawn=yes]", timeout=60_000)
    if scheme == "print":
        page.emulate_media(media="print")
    assert said == [] and [one for one in asked if not one.startswith("data:")] == [written.as_uri()]
    heads = page.locator("h2").all_inner_texts()
    assert heads[:3] == ["In short", "Model card", "Training"] and heads[-1] == "Made by"
    texts = page.locator("body").inner_text()
    for words in ("실험 run: classify by gru", "좋음", "나쁨", "Confusion", "Calibration", "seqloom train --config"):
        assert words in texts, words
    charts = page.locator("[data-chart]").count()
    assert charts >= 4 and page.locator("[data-chart] svg").count() == charts
    high = page.locator("[data-chart] .mark-line path").count()
    assert high >= 5
    assert page.locator("nav").is_visible() == (scheme != "print")
    wide = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
    assert wide, "the page itself never scrolls sideways"
    context.close()
