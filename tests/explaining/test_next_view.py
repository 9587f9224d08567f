"""The view `next`: probabilities by hand, ranks, what cannot be told, and the tree of the run's own search."""

import json

import numpy as np
import pytest
import torch
from looked import KEPT

from seqloom.explaining import next_view
from seqloom.explaining.next_view import NextView, expected
from seqloom.explaining.subjects import subject_of
from seqloom.report.figures import Lines, Marked, Table, Tree
from seqloom.training.run import load


def test_probabilities_ranks_and_entropy_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7], [1.0, 0.0, 0.0]]).log() + 3  # a shift says nothing
    for at_once in (256, 2):
        monkeypatch.setattr(next_view, "AT_ONCE", at_once)
        found = expected(logits, [1, 0, 0], 2)
        np.testing.assert_allclose(np.exp(found["top_logprob"]), [[0.5, 0.25], [0.7, 0.2], [1, 0]], atol=1e-6)
        assert found["top_ids"][1].tolist() == [2, 1]
        np.testing.assert_allclose(np.exp(found["truth_logprob"]), [0.25, 0.1, 1], atol=1e-6)
        assert found["truth_rank"].tolist() == [2, 3, 1], "as many are likelier, and one"
        by_hand = [1.5 * np.log(2), -sum(p * np.log(p) for p in (0.1, 0.2, 0.7)), 0]
        np.testing.assert_allclose(found["entropy"], by_hand, atol=1e-6)


def test_the_surprise_of_a_text_is_its_score() -> None:
    run = load(KEPT / "format-1-translate")
    subject = subject_of(run, "개 3 마리가 달린다", target="3 cats run")
    view = NextView(top=3).view(subject, print)
    assert view.facts["nats"] == pytest.approx(-subject.told(), abs=1e-4)
    assert view.facts["perplexity"] == pytest.approx(np.exp(-subject.told() / 4), rel=1e-4)
    steps = view.facts["each"]
    assert [one["wanted"] for one in steps] == ["3", "cats", "run", "∎"]
    assert [one["heard"] for one in steps] == ["<bos>", "3", "cats", "run"]
    assert steps[0]["rank"] == 1 and steps[1]["rank"] > 1 and steps[1]["top"][0][0] == "dogs"
    assert all(len(one["top"]) == 3 and one["top"][0][1] >= one["p"] for one in steps)
    assert json.dumps(view.facts)


def test_the_tree_is_the_search_of_the_run() -> None:
    run = load(KEPT / "format-1-transduce")
    (answer,) = run.predict(["바나나"])
    view = NextView().view(subject_of(run, "바나나"), print)
    (tree,) = [figure for figure in view.figures if isinstance(figure, Tree)]
    best = [node for node in tree.nodes if node.best]
    assert [node.token for node in best] == ["", *answer.hypotheses[0].tokens, "∎"]
    assert best[-1].score == pytest.approx(answer.hypotheses[0].logprob) and "the answer" in best[-1].about
    assert view.facts["search"]["score"] == pytest.approx(answer.hypotheses[0].score)
    assert view.facts["search"]["beam"] == run.spec.decode.beam  # type: ignore[union-attr]
    assert any(not node.kept for node in tree.nodes)
    narrow = NextView(beam=1).view(subject_of(run, "바나나"), print)
    (line,) = [figure for figure in narrow.figures if isinstance(figure, Tree)]
    assert all(node.best == node.kept for node in line.nodes), "a greedy search keeps one"


def test_a_large_tree_leaves_out_what_was_thrown_away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_view, "NODES", 10)
    view = NextView().view(subject_of(load(KEPT / "format-1-transduce"), "바나나"), print)
    (tree,) = [figure for figure in view.figures if isinstance(figure, Tree)]
    assert all(node.kept for node in tree.nodes) and any("left out" in note for note in view.notes)
    assert all(node.parent is None or node.parent < at for at, node in enumerate(tree.nodes))


def test_a_copied_word_has_its_name() -> None:
    subject = subject_of(load(KEPT / "format-1-translate"), "개 99 마리가 잔다")
    view = NextView().view(subject, print)
    heads = [token for one in view.facts["each"] for token, _ in one["top"]]
    assert view.facts["each"][0]["wanted"] == "99" == view.facts["each"][0]["top"][0][0]
    assert "?" not in heads and view.facts["nats"] == pytest.approx(-subject.told(), abs=1e-4)


def test_a_language_model_tells_every_step_and_has_no_tree() -> None:
    subject = subject_of(load(KEPT / "format-1-language"), "hello wor")
    view = NextView().view(subject, print)
    assert [one["wanted"] for one in view.facts["each"]] == [*"ello worl"]
    assert view.facts["each"][-1]["p"] == pytest.approx(np.exp(subject.told()), rel=1e-4)
    assert [type(figure) for figure in view.figures] == [Lines, Marked, Table]
    marked = view.figures[1]
    assert isinstance(marked, Marked) and all(marked.glue or ()), "letters stand beside one another"
    np.testing.assert_allclose(marked.weights, -view.values["truth_logprob"], atol=1e-6)
    assert "leave it out" in str(NextView(beam=3).refusal(subject))


def test_a_long_text_is_thinned_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(next_view, "ROWS", 4)
    monkeypatch.setattr(next_view, "DRAWN", 5)
    view = NextView().view(subject_of(load(KEPT / "format-1-language"), "hello world"), print)
    lines, marked, table = view.figures
    assert isinstance(lines, Lines) and isinstance(marked, Marked) and isinstance(table, Table)
    assert len(lines.lines[0].x) == 5 and len(marked.tokens) == 5 and len(table.rows) == 4
    assert len(view.values["truth_rank"]) == 11 and len(view.notes) == 3


@pytest.mark.parametrize(("name", "row"), [("classify", "great film"), ("tag", "fly to 서울")])
def test_what_answers_at_once_is_refused(name: str, row: str) -> None:
    refused = NextView().refusal(subject_of(load(KEPT / f"format-1-{name}"), row))
    assert refused is not None and "symbol by symbol" in refused


def test_white_space_that_was_expected_is_one_sign_in_the_table() -> None:
    view = NextView(top=9).view(subject_of(load(KEPT / "format-1-language"), "hello "), print)
    (table,) = [figure for figure in view.figures if isinstance(figure, Table)]
    cells = [str(cell) for row in table.rows for cell in row[5:]]
    assert any(cell.startswith("␣ 0.") for cell in cells) and not any(cell.startswith(" ") for cell in cells)
