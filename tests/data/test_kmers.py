"""k-mers, alphabets and the other strand."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.kmers import AMBIGUOUS, Kmers, alphabet, ambiguous, cut, reverse_complement
from seqloom.data.vocabulary import UNK
from seqloom.errors import CheckpointError, InputError

STRAND = st.text("ACGTacgtNRYSWKMBDHV")


def test_k_mers_overlap_and_a_short_sequence_is_one() -> None:
    assert cut("GATTACA", 3) == ["GAT", "ATT", "TTA", "TAC", "ACA"]
    assert cut("GA", 3) == ["GA"] and cut("GAT", 3) == ["GAT"] and cut("", 3) == []


def test_ids_are_by_frequency_and_what_training_lacks_is_unknown() -> None:
    kmers = Kmers.train(["AAAA", " aac\n"], 2, 100, "DNA")
    assert kmers.kmers == ("AA", "AC") and len(kmers) == 7 and kmers.alphabet == "DNA"
    assert kmers.encode_many(["aacg", ""]) == [[5, 6, UNK], []] and kmers.encode("A") == [UNK]
    assert kmers.token(6) == "AC" and kmers.decode(kmers.encode("AAC")) == "AAC"
    assert Kmers.train(["AAAA", "AAC"], 2, 6, "DNA").kmers == ("AA",)


def test_sizes_and_texts_that_teach_nothing() -> None:
    with pytest.raises(InputError, match="room for special tokens only"):
        Kmers.train(["ACGT"], 2, 5, "DNA")
    with pytest.raises(InputError, match="no sequence to learn k-mers from"):
        Kmers.train(["", "  "], 2, 100, "DNA")


def test_saved_they_come_back_and_damage_is_noticed(tmp_path: Path) -> None:
    kmers = Kmers.train(["GATTACA", "NNN"], 3, 100, "DNA")
    kmers.save(tmp_path)
    again = Kmers.load(tmp_path)
    assert again.digest == kmers.digest and again.encode("GATTNNN") == kmers.encode("GATTNNN") and again.k == 3
    about = json.loads((tmp_path / "kmers.json").read_text())
    (tmp_path / "kmers.json").write_text(json.dumps({**about, "kmers": about["kmers"][::-1]}))
    with pytest.raises(CheckpointError, match="not what was saved"):
        Kmers.load(tmp_path)
    (tmp_path / "kmers.json").write_text(json.dumps({**about, "format": 2}))
    with pytest.raises(CheckpointError, match="has format 2"):
        Kmers.load(tmp_path)
    with pytest.raises(CheckpointError, match="is missing"):
        Kmers.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("letters", "kind"),
    [
        ("ACGTACGTACGTN", "DNA"),
        ("acgtacgtacgtacgt-", "DNA"),
        ("ACGUACGUACGUR", "RNA"),
        ("ACGACG", "DNA"),
        ("ACGTNNNN", "protein"),
        ("MVHLTPEEKS*", "protein"),
        ("a fine film", "other"),
        ("가나", "other"),
        ("", "other"),
    ],
)
def test_letters_tell_the_alphabet(letters: str, kind: str) -> None:
    assert alphabet(Counter(letters)) == kind


def test_ambiguity_letters_are_counted() -> None:
    assert ambiguous(Counter("ACGTNNR-"), "DNA") == {"N": 2, "R": 1, "-": 1}
    assert ambiguous(Counter("MVXB"), "protein") == {"B": 1, "X": 1}


@given(STRAND)
def test_the_other_strand_of_the_other_strand_is_the_strand(sequence: str) -> None:
    assert reverse_complement(reverse_complement(sequence)) == sequence
    rna = sequence.replace("T", "U").replace("t", "u")
    assert reverse_complement(reverse_complement(rna, "RNA"), "RNA") == rna
    assert reverse_complement(rna, "RNA") == reverse_complement(sequence).replace("T", "U").replace("t", "u")


def test_bases_pair_and_sets_of_bases_are_complemented_as_sets() -> None:
    several = ["AG", "CT", "CG", "AT", "GT", "AC", "CGT", "AGT", "ACT", "ACG", "ACGT"]
    stands_for = dict(zip(AMBIGUOUS, several, strict=True))
    for letter, bases in stands_for.items():
        assert set(stands_for[reverse_complement(letter)]) == set(reverse_complement(bases)), letter
    assert reverse_complement("GATTN-a") == "t-NAATC"
