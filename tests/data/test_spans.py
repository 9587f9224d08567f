"""Spans are read as conlleval reads them, in every scheme, and written back as they were."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.spans import Scheme, Span, lost, odd, recognise, spans, split, typed

CONLLEVAL = {
    "I after O starts a span": ("O I-A I-A O", [("A", 1, 3)]),
    "the type changes inside": ("B-A I-B I-B", [("A", 0, 1), ("B", 1, 3)]),
    "I of another type after I": ("I-A I-A I-B", [("A", 0, 2), ("B", 2, 3)]),
    "B after B": ("B-A B-A", [("A", 0, 1), ("A", 1, 2)]),
    "B after I, same type": ("I-A I-A B-A I-A", [("A", 0, 2), ("A", 2, 4)]),
    "the sentence ends inside": ("O B-A I-A", [("A", 1, 3)]),
    "the sentence begins inside": ("I-A O", [("A", 0, 1)]),
    "nothing": ("O O", []),
    "no words": ("", []),
    "S between": ("S-A S-A B-A E-A", [("A", 0, 1), ("A", 1, 2), ("A", 2, 4)]),
    "I after E starts again": ("B-A E-A I-A E-A", [("A", 0, 2), ("A", 2, 4)]),
    "I after S starts again": ("S-A I-A O", [("A", 0, 1), ("A", 1, 2)]),
    "E after E": ("B-A E-A E-A", [("A", 0, 2), ("A", 2, 3)]),
    "E after O": ("O E-A", [("A", 1, 2)]),
    "B without E before O": ("B-A O E-A", [("A", 0, 1), ("A", 2, 3)]),
    "B I without E before S": ("B-A I-A S-A", [("A", 0, 2), ("A", 2, 3)]),
    "E of another type": ("B-A E-B", [("A", 0, 1), ("B", 1, 2)]),
    "a hyphen in the type": ("B-a-b I-a-b", [("a-b", 0, 2)]),
    "U and L are S and E": ("U-A B-A I-A L-A", [("A", 0, 1), ("A", 1, 4)]),
    "what is no span tag is outside": ("B-A NOUN I-A", [("A", 0, 1), ("A", 2, 3)]),
    "no types at all": ("B I O I B", [("", 0, 2), ("", 3, 4), ("", 4, 5)]),
    "a bare I goes on": ("B_PS I I O", [("PS", 0, 3)]),
    "a bare I after another span": ("B-A B-B I", [("A", 0, 1), ("B", 1, 3)]),
}


@pytest.mark.parametrize(("tags", "found"), CONLLEVAL.values(), ids=CONLLEVAL)
def test_spans_are_found_as_the_scorer_finds_them(tags: str, found: list[tuple[str, int, int]]) -> None:
    assert spans(tags.split()) == [Span(*span) for span in found]


WRITTEN = {
    "iob1": "I-A I-A B-A O I-B I-A",
    "iob2": "B-A I-A B-A O B-B B-A",
    "bioes": "B-A E-A S-A O S-B S-A",
    "bilou": "B-A L-A U-A O U-B U-A",
}


@pytest.mark.parametrize(("kind", "tags"), WRITTEN.items())
def test_each_scheme_is_recognised_and_turned_into_each_other(kind: str, tags: str) -> None:
    scheme = recognise([tags.split()])
    assert scheme is not None and scheme.kind == kind and str(scheme) == kind
    for other, wanted in WRITTEN.items():
        assert Scheme(other).tags(spans(tags.split()), 6) == wanted.split()  # type: ignore[arg-type]
    assert odd(tags.split(), scheme) == []


@pytest.mark.parametrize(
    ("sentences", "said"),
    [
        (["B-A I-A O", "O"], "iob2"),
        (["B-A O", "O B-B"], "iob2"),
        (["I-A O", "O I-A I-A"], "iob1"),
        (["O I-A B-A I-A"], "iob1"),
        (["I-A O B-A O", "O I-A"], "loose"),
        (["B_PS I O", "O B_LC"], "iob2 ('_' before the type, a bare I)"),
        (["B I O"], "iob2"),
        (["S-A O"], "bioes"),
        (["NOUN VERB"], None),
        (["B-A NOUN"], None),
        (["O O"], None),
        (["B O"], None),
        (["I S E"], None),
        ([], None),
    ],
)
def test_what_a_file_follows(sentences: list[str], said: str | None) -> None:
    scheme = recognise(sentence.split() for sentence in sentences)
    assert (None if scheme is None else str(scheme)) == said


def test_a_few_mistakes_do_not_make_a_file_loose() -> None:
    good, mistake = ["O", "I-A", "I-A"], ["O", "B-A", "O"]  # what eng.train of CoNLL-2003 has twice
    scheme = recognise([good] * 30 + [mistake])
    assert scheme is not None and scheme.kind == "iob1"
    assert odd(mistake, scheme) == [1] and odd(good, scheme) == []


def test_a_bare_inside_is_written_as_it_was() -> None:
    scheme = Scheme("iob2", "_", bare=True)
    tags = ["B_PS", "I", "O", "B_LC", "B_LC", "I"]
    assert scheme.tags(spans(tags), 6) == tags
    assert Scheme("bioes").tags(spans(tags), 6) == ["B-PS", "E-PS", "O", "S-LC", "B-LC", "E-LC"]


def test_an_inside_without_span_and_type_is_found() -> None:
    assert lost(["O", "I", "I", "B-A", "I", "O", "E"]) == [1, 2, 6]
    assert lost(["I-A", "I", "O"]) == []


def test_tags_come_apart() -> None:
    assert [split(tag) for tag in ("B-PER", "I", "O", "U_x", "NOUN", "B-", "-DOC-")] == [
        ("B", "PER"),
        ("I", ""),
        ("O", ""),
        ("S", "x"),
        ("O", ""),
        ("O", ""),
        ("O", ""),
    ]
    assert typed(["O", "B-A"]) and not typed(["O", "B"])


TAG = st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B", "E-A", "S-B"])


@given(st.lists(TAG, max_size=9), st.sampled_from(["iob1", "iob2", "bioes", "bilou", "loose"]))
def test_any_tags_keep_their_spans_in_any_scheme(tags: list[str], kind: str) -> None:
    found = spans(tags)
    assert spans(Scheme(kind).tags(found, len(tags))) == found  # type: ignore[arg-type]
    assert spans(Scheme(kind, "_", True).tags(found, len(tags))) == found  # type: ignore[arg-type]
    assert all(span.start < span.end for span in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
