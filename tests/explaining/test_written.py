"""Written: pieces are the text before it was cut, whatever cut it."""

from looked import KEPT

from seqloom.explaining.subjects import subject_of
from seqloom.explaining.written import pieces_of, vocabulary_of
from seqloom.training.run import Run, load


def kept(name: str) -> Run:
    return load(KEPT / f"format-1-{name}", say=lambda note: None)


def test_pieces_are_the_text_before_it_was_cut() -> None:
    one = subject_of(kept("language"), "hello\nwe")
    pieces = pieces_of(one, "target", len(one.axes["target"]))
    assert pieces is not None and "".join(pieces) == "hello\nwe"
    words = subject_of(kept("classify"), "great dull film")
    assert pieces_of(words, "source", 3) == ["great ", "dull ", "film "]
    pair = subject_of(kept("translate"), "개 3 마리가 달린다", target="3 dogs run")
    read = pieces_of(pair, "source", len(pair.axes["source"]))
    assert read is not None and read[-1] == "\n" and read[0] == "개 "
    tags = subject_of(kept("tag"), "fly to York")
    assert pieces_of(tags, "source", 3) == ["fly ", "to ", "York "] and vocabulary_of(tags.run, "source") is None
    assert pieces_of(tags, "source", 4) is None and pieces_of(tags, "beside", 3) is None
