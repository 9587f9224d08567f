"""Tags: spans by type where tags write spans, words by tag, the frequent ones."""

from typing import Any

from seqloom.pages.run_look import Look
from seqloom.pages.run_steps import MOST, steps_part
from seqloom.report.figures import Bars, Table


def row(what: str, name: str, count: str, times: int) -> dict[str, Any]:
    return {what: name, "precision": 0.5, "recall": 0.25, "f1": 1 / 3, count: times}


def test_spans_come_first_and_the_frequent_ones_lead() -> None:
    details = {
        "per_tag": [row("tag", "O", "words", 90), row("tag", "B-도시", "words", 5)],
        "per_type": [row("type", "day", "spans", 2), row("type", "도시", "spans", 5)],
    }
    part = steps_part(Look(9, "tags", details=details))
    assert part is not None
    assert [type(one) for one in part.figures] == [Table, Bars, Table]
    spans, bars, words = part.figures
    assert isinstance(spans, Table) and isinstance(bars, Bars) and isinstance(words, Table)
    assert spans.rows == [("도시", 0.5, 0.25, 0.3333, 5), ("day", 0.5, 0.25, 0.3333, 2)]
    assert bars.names == ["도시", "day"] and words.rows[0][0] == "O" and spans.caption == ""


def test_of_many_tags_the_frequent_ones_are_shown_and_that_is_said() -> None:
    part = steps_part(Look(9, "tags", details={"per_tag": [row("tag", f"t{at}", "words", at) for at in range(60)]}))
    assert part is not None
    table, bars = part.figures
    assert isinstance(table, Table) and isinstance(bars, Bars)
    assert len(table.rows) == MOST and table.rows[0][0] == "t59" and f"of {60}" in table.caption


def test_what_tells_no_tags_has_no_part() -> None:
    assert steps_part(Look(9, "label", details={"labels": ["a"]})) is None
