"""Tags are learnt in one scheme and written as the file has them."""

from pathlib import Path

import pytest

from seqloom.data.corpus import Corpus
from seqloom.data.tagged import read
from seqloom.errors import InputError
from seqloom.tasks.tag_writing import Asked, Writing


def writing(folder: Path, tags: str, asked: Asked = "auto") -> tuple[Writing, list[str]]:
    (folder / "a.conll").write_text("".join(f"w\t{tag}\n" if tag != "/" else "\n" for tag in tags.split()))
    notes: list[str] = []
    return Writing.of(Corpus.collect(read(folder / "a.conll")), asked, notes.append), notes


@pytest.mark.parametrize(
    ("tags", "asked", "learnt", "constraint", "said"),
    [
        ("B-A I-A O", "auto", "B-A I-A O", "iob2", "1 spans in iob2; learnt as iob2"),
        ("I-A I-A O B-A", "as-is", "I-A I-A O B-A", "iob1", "in iob1"),
        ("I-A I-A B-A O", "auto", "B-A I-A B-A O", "iob2", "2 spans in iob1; learnt as iob2"),
        ("I-A I-A B-A O", "bioes", "B-A E-A S-A O", "bioes", "learnt as bioes"),
        ("B-A E-A S-A O", "iob1", "I-A I-A B-A O", "iob1", "in bioes; learnt as iob1"),
        ("B_A I O", "auto", "B-A I-A O", "iob2", "in iob2 ('_' before the type, a bare I); learnt as iob2"),
        ("B_A I O", "as-is", "B_A I O", "none", "learnt as they are"),
        ("B-A L-A U-A", "as-is", "B-A L-A U-A", "none", "in bilou; learnt as they are"),
    ],
)
def test_spans_are_kept_and_said(
    tmp_path: Path, tags: str, asked: Asked, learnt: str, constraint: str, said: str
) -> None:
    if said == "in iob1":
        tags, learnt = "I-A I-A B-A O", "I-A I-A B-A O"
    way, notes = writing(tmp_path, tags, asked)
    assert way.read(tags.split()) == learnt.split() and way.write(learnt.split()) == tags.split()
    assert way.constraint == constraint and said in notes[0] and len(notes) == 1
    assert Writing.again(way.plain()) == way


def test_an_inside_of_nothing_is_read_as_outside_and_said(tmp_path: Path) -> None:
    way, notes = writing(tmp_path, "B-A I O I O")
    assert way.read("B-A I O I O".split()) == ["B-A", "I-A", "O", "O", "O"]  # noqa: SIM905
    assert "1 tags are an I without a type that goes on with nothing; they are read as O." in notes[1]


def test_odd_tags_are_counted(tmp_path: Path) -> None:
    way, notes = writing(tmp_path, " / ".join(["B-A I-A O B-A"] * 30 + ["O I-A"]))
    assert way.odd == 1 and "61 spans in iob2, 1 tags not as its rules have them; learnt as iob2" in notes[0]
    assert Writing.again(way.plain()).odd == 1


def test_tags_that_are_no_spans(tmp_path: Path) -> None:
    way, notes = writing(tmp_path, "NOUN VERB")
    assert way.file is None and notes == [] and way.read(["NOUN"]) == ["NOUN"] == way.write(["NOUN"])
    assert way.constraint == "none" and Writing.again(way.plain()) == way
    with pytest.raises(InputError, match=r"target.scheme=bioes is for tags of spans .*a\.conll:1: tag 'NOUN'"):
        writing(tmp_path, "NOUN VERB", "bioes")
    with pytest.raises(InputError, match="has no spans"):
        writing(tmp_path, "O O", "bioes")
