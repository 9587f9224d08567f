"""Nearest: the same text is found again in a file, by the cell that is asked, with the State that came before it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from looked import KEPT

from seqloom.explaining.nearest import nearest
from seqloom.explaining.recurrent import running
from seqloom.explaining.states_view import StatesView
from seqloom.explaining.subject import Subject
from seqloom.explaining.subjects import subject_of
from seqloom.explaining.view import View
from seqloom.report.figures import Table
from seqloom.training.run import Run, load

TOP = "decoder.stack.cells.1.forwards"


def kept(name: str) -> Run:
    return load(KEPT / f"format-1-{name}", say=lambda note: None)


def seen(subject: Subject, **options: Any) -> View:
    return StatesView(**options).view(subject, lambda note: None)


def test_the_same_text_is_the_nearest_state(tmp_path: Path) -> None:
    """A file that begins as the row does has the row's own state in it, the cosine 1."""
    path = tmp_path / "more.txt"
    path.write_text("hello world old hero\nwe held her lower hoodle\n" * 3, encoding="utf-8")
    run = kept("language")
    one = subject_of(run, "hello world old hero\nwe held", data=str(path))
    found = seen(one, step=20, nearest=3)
    near = found.facts["nearest"]
    assert near["cell"] == TOP and near["step"] == 20 and near["compared"] > 100
    best = near["states"][0]
    assert best["cosine"] == pytest.approx(1, abs=1e-5) and best["text"] == "hello world old hero"[8:]
    assert [one["cosine"] for one in near["states"]] == sorted((s["cosine"] for s in near["states"]), reverse=True)
    table = next(figure for figure in found.figures if figure.title == "Nearest states in the file")
    assert isinstance(table, Table) and len(table.rows) == 3 and "step 20 (o)" in table.caption
    assert best["number"] is None and table.rows[0][1] == best["text"] and str(table.rows[0][2]).startswith("batch 1")


def test_the_state_is_carried_from_window_to_window(tmp_path: Path) -> None:
    """The run's window is 16: the 20th letter's state is only found again where what came before is still known."""
    path = tmp_path / "text.txt"
    text = "hello world 하늘 hero wore dew 바다 ore rode her 다하 doe"
    path.write_text(text, encoding="utf-8")
    run = kept("language")
    run.spec.fit.window, run.spec.fit.batch_tokens = 16, 16
    found = seen(subject_of(run, text[:40], data=str(path)), nearest=1)
    (best,) = found.facts["nearest"]["states"]
    assert best["cosine"] == pytest.approx(1, abs=1e-5) and (best["batch"], best["step"]) == (3, 8)
    assert found.facts["nearest"]["compared"] == len(text) - 1
    some = seen(subject_of(run, text[:40], data=str(path)), nearest=1, rows=2)
    assert some.facts["nearest"]["compared"] == 32 and some.facts["nearest"]["states"][0]["cosine"] < 0.999


def test_rows_of_labels_and_of_pairs(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.tsv"
    reviews.write_text("text\tlabel\ndull film\t나쁨\ngreat great 영화\t좋음\n", encoding="utf-8")
    found = seen(subject_of(kept("classify"), "great great 영화", data=str(reviews)))
    near = found.facts["nearest"]["states"][0]
    assert near["text"] == "great great 영화" and near["cosine"] == pytest.approx(1, abs=1e-5)
    back = "encoder.stack.cells.0.backwards"
    found = seen(subject_of(kept("classify"), "great great 영화", data=str(reviews)), cell=back)
    assert found.facts["nearest"]["step"] == 1, "the last step that it reads is the row's first"
    assert found.facts["nearest"]["states"][0]["text"] == "great great 영화"
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("ko\ten\n개 3 마리가 달린다\t3 dogs run\n", encoding="utf-8")
    found = seen(subject_of(kept("translate"), "개 3 마리가 달린다", target="3 dogs run", data=str(pairs)))
    assert found.facts["nearest"]["states"][0]["text"] == "3 dogs run"


def test_all_states_are_compared_and_only_the_best_are_kept(tmp_path: Path) -> None:
    """The second best of all is found wherever it stands."""
    path = tmp_path / "reviews.tsv"
    rows = ["dull film", "great 영화", "poor", "great great 영화", "dull film"]
    path.write_text("text\tlabel\n" + "".join(f"{row}\t좋음\n" for row in rows), encoding="utf-8")
    run = kept("classify")
    one = subject_of(run, "dull film", data=str(path))
    place = running(one)[0]
    state = torch.from_numpy(seen(one).values[f"{place.path}.h"])[0]  # of the units that vary most: all six
    units = torch.tensor(seen(one).facts["states"][f"{place.path}.h"]["units"]) - 1
    asked = torch.zeros(6).scatter(0, units, state)
    best, compared = nearest(one, place, asked, 2, 100, lambda note: None)
    assert compared == 2 + 2 + 1 + 3 + 2
    assert [near.text for near in best] == ["dull", "dull"] and best[0].row != best[1].row
    every, _ = nearest(one, place, asked, 100, 100, lambda note: None)
    assert {near.number for near in every} == {1, 2, 3, 4, 5} and {near.number for near in best} == {1, 5}
    assert {near.text for near in every if near.number == 4 and near.step == 3} == {"great great 영화"}
    assert len(every) == compared and [near.cosine for near in every] == sorted(
        (near.cosine for near in every), reverse=True
    )
