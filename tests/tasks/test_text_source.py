"""Sequences of letters as a source: k-mers, alphabets, and training that reads the other strand by a coin."""

from itertools import pairwise
from pathlib import Path

import pytest
from rows_of import again, dna, learn

from seqloom.data.kmers import reverse_complement
from seqloom.errors import InputError
from seqloom.tasks.classify import Classify
from seqloom.training.run import plan


def fasta(folder: Path) -> str:
    """Write one file a class and return their names."""
    for label in ("box", "none"):
        records = "".join(f">{n}\n{text[:9]}\n{text[9:]}\n" for n, (text, kind) in enumerate(dna()) if kind == label)
        (folder / f"{label}.fa").write_text(records)
    return f"box={folder}/box.fa,none={folder}/none.fa"


def sequences(task: Classify, epoch: int) -> dict[int, str]:
    """Return what training reads of each row."""
    train, _ = task.training(lambda note: None, False)
    found = {}
    for key in train.order(epoch):
        batch = train.load(key)
        for place, row in enumerate(batch.rows):
            found[row] = task.source.vocabulary.decode(batch.inputs["source"].values[place].tolist())  # type: ignore[attr-defined]
    return found


def test_fasta_of_one_file_a_class_is_read_as_k_mers(tmp_path: Path) -> None:
    task, notes = learn("classify", fasta(tmp_path), "data.valid=0")
    assert task.labels == ["box", "none"] and task.spec.source.tokens == "kmer" and task.spec.source.k == 4
    assert task.spec.source.column == ["sequence"] and task.spec.target.column == "label" and task.whole
    assert any("the sequences are DNA." in note for note in notes)
    expected = [text for label in ("box", "none") for text, kind in dna() if kind == label]
    assert sequences(task, 0) == dict(enumerate(expected))
    field = task.batch([["ACGTA"]]).inputs["source"]
    assert field.values.shape == (1, 2), "two 4-mers"
    other = again(task, tmp_path)
    assert other.digest() == task.digest() and (other.batch([["ACGTA"]]).inputs["source"].values == field.values).all()


def test_labels_in_headers_by_key_or_by_field(tmp_path: Path) -> None:
    records = "".join(f">s{n}|{'ab'[n % 2]}|x label={kind}\n{text}\n" for n, (text, kind) in enumerate(dna()))
    (tmp_path / "a.fa").write_text(records)
    by_key, _ = learn("classify", tmp_path / "a.fa")
    assert by_key.labels == ["box", "none"] and by_key.spec.target.column == "label"
    by_field, _ = learn("classify", tmp_path / "a.fa", columns={"label": "2"})
    assert by_field.labels == ["a", "b"]


@pytest.mark.parametrize("tokens", ["char", "kmer"])
def test_a_coin_of_seed_epoch_and_row_says_which_strand_is_read(tmp_path: Path, tokens: str) -> None:
    path = fasta(tmp_path)

    def read(epoch: int, *settings: str) -> dict[int, str]:
        asked = [f"source.tokens={tokens}", "source.complement=true", "data.valid=0", *settings]
        return sequences(learn("classify", path, *asked)[0], epoch)

    plain = read(0, "source.complement=false")
    epochs = [read(epoch) for epoch in range(3)]
    for row, text in plain.items():
        assert {one[row] for one in epochs} <= {text, reverse_complement(text)}
    turned = [[row for row in plain if one[row] != plain[row]] for one in epochs]
    assert all(5 < len(rows) < 25 for rows in turned) and turned[0] != turned[1] != turned[2]
    assert read(0) == epochs[0] and read(0, "fit.batch_tokens=60") == epochs[0], "batches make no difference"
    assert read(0, "fit.seed=8") != epochs[0]


def test_validation_and_answers_read_one_strand_alone(tmp_path: Path) -> None:
    task, _ = learn("classify", fasta(tmp_path), "source.complement=true", "source.k=2")
    _, valid = task.training(lambda note: None, False)
    assert valid is not None
    texts = list(task._parts[1].every())
    for key in valid.order(0):
        batch = valid.load(key)
        for place, row in enumerate(batch.rows):
            assert task.source.vocabulary.decode(batch.inputs["source"].values[place].tolist()) == texts[row]


def test_a_cut_sequence_is_cut_before_it_is_turned(tmp_path: Path) -> None:
    task, _ = learn("classify", fasta(tmp_path), "source.complement=true", "source.max_length=8", "data.valid=0")
    whole = list(task._parts[0].every())
    for row, text in sequences(task, 0).items():
        assert text in (whole[row][:11], reverse_complement(whole[row][:11])), "8 4-mers are 11 letters"


def test_what_has_no_other_strand_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.faa").write_text("".join(f">a{n} label={n % 2}\nMVHLTPEEKS{'KL' * (n % 3)}\n" for n in range(20)))
    with pytest.raises(InputError, match="reads the other strand of DNA or RNA, and these sequences are protein"):
        learn("classify", tmp_path / "p.faa", "source.complement=true")
    task, notes = learn("classify", tmp_path / "p.faa")
    assert task.source.vocabulary.alphabet == "protein" and any("are protein" in note for note in notes)
    with pytest.raises(InputError, match=r"needs source\.tokens=char or kmer"):
        learn("classify", tmp_path / "p.faa", "source.tokens=word", "source.complement=true")


def test_ambiguity_letters_are_counted_aloud(tmp_path: Path) -> None:
    rows = "".join(f"{label},{text}N\n" for text, label in dna())
    (tmp_path / "a.csv").write_text("class,sequence\n" + rows)
    _, notes = learn("classify", tmp_path / "a.csv", "source.tokens=kmer", "data.valid=0")
    assert any("the sequences are DNA; 30 N among" in note and "is a word of its own" in note for note in notes)


def test_rows_of_like_length_are_answered_together_and_each_once(tmp_path: Path) -> None:
    file = tmp_path / "rows.tsv"
    file.write_text("text\tlabel\n" + "".join(f"{'ab ' * (1 + n % 7)}\t{n % 2}\n" for n in range(30)), encoding="utf-8")
    spec, _ = plan("classify", str(file), settings=["source.tokens=char"])
    source = Classify.learn(spec, lambda note: None).source
    rows = [["x" * (place * 37 % 256)] for place in range(256)]
    parts = [list(part) for part in source.alike(rows)]
    assert sorted(place for part in parts for place in part) == list(range(256))
    sizes = [[len(rows[place][0]) for place in part] for part in parts]
    assert [len(part) for part in parts] == [64] * 4
    assert all(max(one) < min(other) for one, other in pairwise(sizes))
    assert source.alike([]) == []
