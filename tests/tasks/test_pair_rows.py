"""Pairs are read as a person has them: columns by name, number or order, two files, and what is held out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqloom.data.pairs import Pair, Pairs
from seqloom.errors import InputError
from seqloom.plan import make
from seqloom.spec import Spec
from seqloom.tasks import pair_rows
from seqloom.tasks.chat import Chat
from seqloom.tasks.translate import Translate

Learn = Callable[..., tuple[Pairs, Pairs | None, Spec, list[str]]]
USUAL = Translate.usual


def spec_of(data: str, **more: Any) -> Spec:
    return make("translate", "sequence", Translate.template(), data, **more)[0]


@pytest.fixture
def learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Learn:
    monkeypatch.chdir(tmp_path)

    def run(data: str, usual: pair_rows.Usual = USUAL, **more: Any) -> tuple[Pairs, Pairs | None, Spec, list[str]]:
        spec = spec_of(data, valid=more.pop("valid", "0"), **more)
        notes: list[str] = []
        pairs, held, _ = pair_rows.learn_pairs(spec, usual, notes.append)
        return pairs, held, spec, notes

    return run


FILES = {
    "named.tsv": "id\tTarget\tsource\n1\tone\t하나\n2\ttwo\t둘\n",
    "languages.tsv": "ko\ten\n하나\tone\n둘\ttwo\n",
    "plain.tsv": "하나\tone\n둘\ttwo\n",
    "named.csv": 'src,tgt\n"하나",one\n둘,two\n',
    "named.jsonl": '{"source": "하나", "target": "one"}\n{"target": "two", "source": "둘"}\n',
    "words.txt": "하나 one\n둘 two\n",
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_pairs(learn: Learn, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    settings = ["data.format=labelled"] if name == "words.txt" else []
    pairs, _, _, notes = learn(name, settings=settings)
    assert list(pairs) == [Pair(("하나",), "one"), Pair(("둘",), "two")]
    in_order = f"{name}: column {pairs.source.columns[0]} is taken as the source and column"
    assert any(in_order in note for note in notes) == (name in ("languages.tsv", "plain.tsv", "words.txt"))


def test_two_files_give_the_same_pairs_and_no_columns(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "a.ko").write_text("하나\n둘\n", encoding="utf-8")
    (tmp_path / "a.en").write_text("one\ntwo\n")
    pairs, _, spec, _ = learn("a.ko,a.en")
    assert list(pairs) == [Pair(("하나",), "one"), Pair(("둘",), "two")]
    assert spec.source is not None and spec.source.column is None and pair_rows.source_columns(spec) == []
    with pytest.raises(InputError, match=r"lines have no columns\. Leave out --source-column and --target-column"):
        learn("a.ko,a.en", columns={"source": "1"})
    with pytest.raises(InputError, match="two files of lines are text, not tsv"):
        learn("a.ko,a.en", settings=["data.format=tsv"])


def test_columns_are_named_or_numbered_and_remembered(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("가다\t갔다\tPST\n오다\t온다\tPRS\n", encoding="utf-8")
    pairs, _, spec, _ = learn("a.tsv", columns={"source": "1, 3", "target": "2"})
    assert list(pairs) == [Pair(("가다", "PST"), "갔다"), Pair(("오다", "PRS"), "온다")]
    assert spec.source is not None and spec.source.column == ["1", "3"]
    assert spec.target is not None and spec.target.column == "2"
    with pytest.raises(InputError, match=r"which column is the target\? it has 3 columns \(1, 2, 3\)"):
        learn("a.tsv")
    with pytest.raises(InputError, match="column '2' is both source and target"):
        learn("a.tsv", columns={"source": "2", "target": "2"})
    with pytest.raises(InputError, match=r"has no column 7: it has 3 columns .*--target-column"):
        learn("a.tsv", columns={"source": "1", "target": "7"})


def test_the_usual_names_of_a_task(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "대화.csv").write_text("Q,A,label\n안녕?,응.,0\n뭐해?,놀아.,1\n", encoding="utf-8")
    pairs, *_ = learn("대화.csv", usual=Chat.usual)
    assert list(pairs) == [Pair(("안녕?",), "응."), Pair(("뭐해?",), "놀아.")]


def test_a_share_is_held_out_by_source(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("".join(f"낱말{n % 20}\tx{n}\n" for n in range(60)), encoding="utf-8")
    pairs, held, _, _ = learn("a.tsv", valid="0.2")
    assert held is not None and len(pairs) + len(held) == 60 and len(held) == 12
    assert not {pair.source for pair in pairs} & {pair.source for pair in held}
    _, other, _, _ = learn("a.tsv", valid="0.2", settings=["fit.seed=8"])
    assert other is not None and list(other) == list(held), "the same for every seed, as an ensemble needs"


def test_sources_that_validation_has_seen_are_counted(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("하나\tone\n둘\ttwo\n", encoding="utf-8")
    (tmp_path / "v.tsv").write_text("둘\tdeux\n셋\tthree\n", encoding="utf-8")
    *_, notes = learn("a.tsv", valid="v.tsv")
    assert any("v.tsv: 1 of 2 sources also occur in a.tsv" in note for note in notes)


def test_the_digest_sees_every_change(learn: Learn, tmp_path: Path) -> None:
    found = set()
    for text in ("하나\tone\n둘\ttwo\n", "하나\ttwo\n둘\tone\n", "둘\ttwo\n하나\tone\n", "하나\tone\n"):
        (tmp_path / "a.tsv").write_text(text, encoding="utf-8")
        found.add(pair_rows.digest(learn("a.tsv")[0]))
    assert len(found) == 4


def test_an_empty_side_is_counted_only_where_bad_rows_are_skipped(learn: Learn, tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("하나\tone\n\ttwo\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.tsv:2: the source is empty"):
        learn("a.tsv")
    pairs, _, _, notes = learn("a.tsv", settings=["data.on_bad_row=skip"])
    assert (
        len(pairs) == 1 and "1 pair of 2 with an empty side skipped, the first: a.tsv:2: the source is empty" in notes
    )


SOURCES = {
    "one column of lines": ("a.ko", "하나\n\n둘\n", ["하나", "", "둘"], {}),
    "pairs with a header": ("b.tsv", "source\ttarget\n하나\tone\n둘\ttwo\n", ["하나", "둘"], {}),
    "other names in order": ("c.tsv", "한국어\n하나\n", ["한국어", "하나"], {"column": ["ko"]}),
    "the column it learnt from": ("d.csv", "x,ko\n1,하나\n", ["하나"], {"column": ["ko"]}),
}


@pytest.mark.parametrize("case", SOURCES)
def test_sources_to_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    name, text, expected, source = SOURCES[case]
    Path(name).write_text(text, encoding="utf-8")
    spec = spec_of("a.ko,a.en" if not source else "train.tsv", options={"source": source})
    got = [texts for _, texts in pair_rows.read_sources(spec, name, USUAL, lambda note: None)]
    assert got == [[one] for one in expected]


def test_pairs_of_another_form_than_in_training_can_be_measured(learn: Learn, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "a.ko").write_text("하나\n", encoding="utf-8")
    (tmp_path / "a.en").write_text("one\n")
    *_, spec, _ = learn("a.ko,a.en")
    for name in ("named.tsv", "plain.tsv", "named.jsonl"):
        assert list(pair_rows.read_pairs(spec, name, USUAL, lambda note: None))[1] == Pair(("둘",), "two")
    *_, spec, _ = learn("named.tsv")
    for name in ("plain.tsv", "a.ko,a.en"):
        assert next(iter(pair_rows.read_pairs(spec, name, USUAL, lambda note: None))) == Pair(("하나",), "one")
