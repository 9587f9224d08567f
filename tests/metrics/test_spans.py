"""Span F1 by hand, on the edge cases of the standard scorer."""

import pytest

from seqloom.metrics.spans import Spans


def counted(*sentences: tuple[str, str]) -> Spans:
    metric = Spans()
    for predicted, true in sentences:
        metric.add(predicted.split(), true.split())
    return metric


@pytest.mark.parametrize(
    ("predicted", "true", "right", "found", "there"),
    [
        ("B-A I-A O", "B-A I-A O", 1, 1, 1),
        ("I-A I-A O", "B-A I-A O", 1, 1, 1),  # I after O starts a span all the same
        ("B-A B-A O", "B-A I-A O", 0, 2, 1),
        ("B-A I-B O", "B-A I-A O", 0, 2, 1),  # the type changes inside: two spans, neither whole
        ("B-A I-A I-A", "B-A I-A O", 0, 1, 1),  # one word too many
        ("B-B I-B O", "B-A I-A O", 0, 1, 1),
        ("O O O", "B-A I-A O", 0, 0, 1),
        ("O B-A O", "O O O", 0, 1, 0),
        ("I-A B-A I-A", "I-A B-A I-A", 2, 2, 2),
        ("B-A E-A S-B", "B-A I-A B-B", 2, 2, 2),  # another scheme, the same spans
        ("O O O", "O O O", 0, 0, 0),
    ],
)
def test_a_span_is_right_only_whole(predicted: str, true: str, right: int, found: int, there: int) -> None:
    result = counted((predicted, true)).result()
    assert result["span_precision"] == (right / found if found else 0)
    assert result["span_recall"] == (right / there if there else 0)
    assert result["span_f1"] == (2 * right / (found + there) if found + there else 0)


def test_all_sentences_are_counted_together_and_each_type_apart() -> None:
    metric = counted(("B-A O B-B", "B-A O B-A"), ("O O", "B-A I-A"), ("B-B I-B", "B-B I-B"))
    # right: A 1, B 1; predicted: A 1, B 2; present: A 3, B 1
    result = metric.result()
    assert result["span_precision"] == pytest.approx(2 / 3) and result["span_recall"] == pytest.approx(2 / 4)
    assert result["span_f1"] == pytest.approx(4 / 7)
    assert result["span_f1/A"] == pytest.approx(2 / 4) and result["span_f1/B"] == pytest.approx(2 / 3)
    first, second = metric.per_type()
    assert first == {"type": "A", "precision": 1.0, "recall": pytest.approx(1 / 3), "f1": 0.5, "spans": 3}
    assert (second["type"], second["spans"]) == ("B", 1)


def test_the_end_of_a_sentence_ends_a_span() -> None:
    apart = counted(("O B-A", "O B-A"), ("I-A O", "I-A O")).result()
    assert apart["span_precision"] == 1.0
    assert counted(("O B-A I-A O", "O B-A B-A O")).result()["span_f1"] == 0.0


def test_a_tag_too_few_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="1 tags for 2 words"):
        counted(("O", "O O"))
