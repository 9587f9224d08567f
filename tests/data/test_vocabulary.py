"""Vocabularies: nothing lost, nothing forged, the same text the same ids."""

import json
import os
import pickle
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data.pieces import KINDS, LETTERS, SPACED, Kind, line_groups
from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK, Vocabulary
from seqloom.errors import CheckpointError, InputError

TEXT = [
    "절대 슬프고 아픈 영화 아님\n",
    "the cat didn't sit; the cat sat 3.5 times 👩‍👩‍👧‍👦!\n",
    "한국어 형태소 the the 영화 영화\n",
    "  spaces   and\ttabs\r and <pad> <unk> <eos> tokens\n",
    "if so:\n    say\n    say\n        so\n",
] * 3
LOSSLESS: tuple[Kind, ...] = ("byte", "bpe", "unigram")
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TRAINED = {kind: Vocabulary.train(TEXT, kind, 300) for kind in KINDS}


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@given(ANY, st.sampled_from(LOSSLESS))
def test_any_text_comes_back(text: str, kind: Kind) -> None:
    vocabulary = TRAINED[kind]
    ids = vocabulary.encode(text)
    expected = text if kind == "byte" else nfc(text)
    assert vocabulary.decode(ids) == expected
    assert all(UNK < number < len(vocabulary) for number in ids)


@pytest.mark.parametrize("kind", KINDS)
def test_the_training_text_comes_back_from_every_kind(kind: Kind) -> None:
    vocabulary = TRAINED[kind]
    for line in TEXT:
        back = vocabulary.decode(vocabulary.encode(line))
        assert "".join(back.split()) == "".join(line.split()) if kind in SPACED else back == line


@pytest.mark.parametrize("kind", ["char", "bpe", "unigram", "word", "symbol"])
def test_decomposed_hangul_becomes_syllables(kind: Kind) -> None:
    vocabulary = Vocabulary.train([unicodedata.normalize("NFD", "영화 좋다 영화 좋다")], kind, 300)
    ids = vocabulary.encode(unicodedata.normalize("NFD", "영화"))
    assert ids == vocabulary.encode("영화") and vocabulary.decode(ids) == "영화"
    if kind == "char":
        assert len(ids) == 2
    if kind in SPACED:
        assert len(ids) == 1


INDENTED = st.text(" \nsay:fo", max_size=30)


@given(ANY | INDENTED, ANY | INDENTED, st.sampled_from(KINDS))
def test_lines_can_be_encoded_one_by_one(one: str, two: str, kind: Kind) -> None:
    vocabulary = TRAINED[kind]
    newline = [EOS] if kind in SPACED else vocabulary.encode("\n")
    assert vocabulary.newline == newline[0]
    assert vocabulary.encode(f"{one}\n{two}") == vocabulary.encode(one) + newline + vocabulary.encode(two)
    assert vocabulary.encode_many([one, two, ""]) == [vocabulary.encode(one), vocabulary.encode(two), []]


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_text_is_encoded_as_its_lines_are(kind: Kind) -> None:
    vocabulary = TRAINED[kind]
    text = "".join(TEXT) * 200
    newline = [EOS] if kind in SPACED else vocabulary.encode("\n")
    expected = [number for line in text.split("\n") for number in [*vocabulary.encode(line), *newline]]
    assert vocabulary.encode(text) == expected[: -len(newline)]


@given(ANY, st.sampled_from(("char", "byte")), st.booleans())
def test_the_fast_paths_are_the_tokenizer(text: str, kind: Kind, lowercase: bool) -> None:
    vocabulary = TRAINED[kind] if not lowercase else LOWER[kind]
    plain = vocabulary._tokenizer.encode(text, add_special_tokens=False).ids
    assert vocabulary.encode(text) == [number + 4 for number in plain]


LOWER = {kind: Vocabulary.train(TEXT, kind, 300, lowercase=True) for kind in ("char", "byte", "word")}


@given(ANY | INDENTED, st.sampled_from(KINDS), st.booleans())
def test_pieces_stand_beside_ids_one_by_one(text: str, kind: Kind, lowercase: bool) -> None:
    vocabulary = (LOWER if lowercase and kind in LOWER else TRAINED)[kind]
    ids, pieces = vocabulary.encode(text), vocabulary.pieces(text)
    assert len(pieces) == len(ids)
    for piece, number in zip(pieces, ids, strict=True):
        if kind in (*LETTERS, *SPACED):
            assert vocabulary.encode(piece) == [number]
        else:
            assert piece == vocabulary.token(number)


def test_pieces_are_what_was_written_known_or_not() -> None:
    hangul = unicodedata.normalize("NFD", "영화가 Zebra다!")
    words = Vocabulary.train(["영화가 좋다!"], "word", 20, lowercase=True)
    assert words.pieces(f"{hangul}\n영화가") == ["영화가", "zebra다", "!", "\n", "영화가"]
    assert words.encode(hangul)[1] == UNK
    letters = Vocabulary.train(["영화"], "char", 20)
    assert letters.pieces(hangul) == list("영화가 Zebra다!")
    with pytest.raises(InputError, match="half a character"):
        words.pieces("a\ud83d")


def test_a_row_may_bring_pieces_of_its_own() -> None:
    words = Vocabulary.train(["영화가 좋다"], "word", 20)
    size = len(words)
    ids = [words.encode("영화가")[0], size + 1, size, EOS, size]
    assert words.decode(ids, extra=["홍길동", "이름은"]) == "영화가 이름은 홍길동\n홍길동"
    letters = Vocabulary.train(["영화"], "char", 20)
    assert letters.decode([*letters.encode("영화"), len(letters)], extra=["관"]) == "영화관"
    assert letters.decode(letters.encode("영화")) == "영화"


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_a_special(kind: Kind) -> None:
    vocabulary = TRAINED[kind]
    for text in ("<pad>", "<bos>", "<eos>", "<sep>", "<pad> <bos><eos> <sep>"):
        assert not {PAD, BOS, EOS, SEP} & set(vocabulary.encode(text))


def test_char() -> None:
    vocabulary = Vocabulary.train(["hello\n", "he"], "char", 8000)
    assert len(vocabulary) == 5 + 5
    tokens = [vocabulary.token(number) for number in range(len(vocabulary))]
    assert tokens == ["<pad>", "<bos>", "<eos>", "<sep>", "<unk>", "e", "h", "l", "\\n", "o"]
    assert vocabulary.encode("hexo") == [
        *vocabulary.encode("he"),
        UNK,
        *vocabulary.encode("o"),
    ]
    assert vocabulary.decode(vocabulary.encode("hexo")) == "he\ufffdo"


def test_the_size_drops_the_rarest_characters() -> None:
    vocabulary = Vocabulary.train(["aaabbc"], "char", 7)
    assert len(vocabulary) == 7
    assert vocabulary.encode("abc") == [5, 6, UNK]


def test_byte() -> None:
    vocabulary = Vocabulary.train([], "byte", 1)
    assert len(vocabulary) == 261
    assert vocabulary.encode("A가") == [5 + byte for byte in "A가".encode()]
    assert vocabulary.token(5 + 0xEA) == "\\xea" and vocabulary.token(5 + 10) == "\\n"
    assert vocabulary.decode([5 + 0xEA, 5 + 0xB0]) == "\ufffd"


def test_word() -> None:
    text = "The cat's <unk> isn’t <NUM> 3.5% off, <b>so</b>\n\n영화가 좋다!"
    vocabulary = Vocabulary.train([text], "word", 100)
    assert [vocabulary.token(number) for number in vocabulary.encode(text)] == [
        *("The", "cat's", "<unk>", "isn’t", "<NUM>", "3", ".", "5", "%", "off", ",", "<b>", "so", "<", "/", "b", ">"),
        *("<eos>", "<eos>", "영화가", "좋다", "!"),
    ]
    assert vocabulary.encode("<unk> zebra") == [UNK, UNK]
    assert vocabulary.decode(vocabulary.encode("off\n\nThe zebra\n")) == "off\n\nThe <unk>\n"
    assert vocabulary.encode_many(["cat's\noff", "off"])[1] == vocabulary.encode("off")


def test_symbol() -> None:
    vocabulary = Vocabulary.train(["AH0 N-1 가̃  t͡ʃ\t!\n<unk> 영 N-1"], "symbol", 100)
    shown = [vocabulary.token(number) for number in vocabulary.encode("AH0 N-1  가̃\tt͡ʃ ! <unk>\n영")]
    assert shown == ["AH0", "N-1", "가̃", "t͡ʃ", "!", "<unk>", "<eos>", "영"]
    assert vocabulary.decode(vocabulary.encode(" N-1   영 ")) == "N-1 영" == vocabulary.normal(" N-1   영 ")
    assert vocabulary.encode("N -1") == [UNK, UNK]


def test_the_normal_form_is_what_an_answer_can_be_compared_with() -> None:
    decomposed = unicodedata.normalize("NFD", "영화 ÉA")
    assert Vocabulary.train(["a"], "char", 9, lowercase=True).normal(decomposed) == "영화 éa"
    assert Vocabulary.train(["a  b"], "bpe", 300).normal("a  B\n") == "a  B\n"
    assert Vocabulary.train(["a"], "byte", 261).normal(decomposed) == decomposed
    assert Vocabulary.train(["a"], "word", 9).normal(" a \n b") == "a b"


def test_lowercase() -> None:
    for kind in KINDS:
        vocabulary = Vocabulary.train(["THE Élan THE"], kind, 300, lowercase=True)
        assert vocabulary.decode(vocabulary.encode("THE ÉLAN")) == "the élan"


def test_bpe_joins_what_is_frequent_and_never_over_a_line_end() -> None:
    vocabulary = TRAINED["bpe"]
    tokens = [vocabulary.token(number) for number in range(len(vocabulary))]
    assert "영" in tokens or " 영화" in tokens
    assert len(vocabulary) <= 300
    assert [token for token in tokens if "\\n" in token] == ["\\n"]
    assert len(vocabulary.encode("the cat the cat")) < 10


def test_specials_show_on_request() -> None:
    ids = [BOS, *TRAINED["char"].encode("cat"), EOS]
    assert TRAINED["char"].decode(ids) == "cat"
    assert TRAINED["char"].decode(ids, skip_specials=False) == "<bos>cat<eos>"


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_vocabulary_is_the_same(tmp_path: Path, kind: Kind) -> None:
    vocabulary = TRAINED[kind]
    vocabulary.save(tmp_path / "vocab")
    again = Vocabulary.load(tmp_path / "vocab")
    assert again.digest == vocabulary.digest and len(again) == len(vocabulary)
    assert again.newline == vocabulary.newline and again.kind == kind
    for text in TEXT:
        assert again.encode(text) == vocabulary.encode(text)
    third = pickle.loads(pickle.dumps(vocabulary))  # noqa: S301
    assert third.encode(TEXT[1]) == vocabulary.encode(TEXT[1])
    about = json.loads((tmp_path / "vocab" / "vocabulary.json").read_text())
    assert about["sha256"] == vocabulary.digest and about["offset"] == 4 and about["format"] == 1


def test_a_damaged_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"vocabulary\.json is missing"):
        Vocabulary.load(tmp_path)
    TRAINED["char"].save(tmp_path)
    file = tmp_path / "tokenizer.json"
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace('"c"', '"q"'), encoding="utf-8")
    with pytest.raises(CheckpointError, match="is not what was saved"):
        Vocabulary.load(tmp_path)
    file.write_text(good[:100], encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"is damaged: tokenizer\.json cannot be read"):
        Vocabulary.load(tmp_path)
    about = tmp_path / "vocabulary.json"
    about.write_text(about.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(CheckpointError, match="has format 2; this Seqloom reads 1"):
        Vocabulary.load(tmp_path)


def test_the_digest_tells_vocabularies_apart() -> None:
    digests = {vocabulary.digest for vocabulary in [*TRAINED.values(), *LOWER.values()]}
    assert len(digests) == len(TRAINED) + len(LOWER)
    assert Vocabulary.train(["ab"], "char", 9).digest != Vocabulary.train(["abb"], "char", 9).digest


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_the_same_text_gives_the_same_pieces_in_any_process(kind: Kind) -> None:
    code = (
        "from seqloom.data.vocabulary import Vocabulary;"
        "text = [f'영화 {i % 7} 번 the cat {i % 11} sat 슬프고 {chr(44032 + i % 400)}' for i in range(2000)];"
        f"print(Vocabulary.train(text, '{kind}', 400).digest)"
    )
    digests = set()
    for seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_training_reads_the_texts_one_by_one() -> None:
    alive, most = 0, 0

    class Text(str):
        def __new__(cls, number: int) -> "Text":
            nonlocal alive, most
            alive += 1
            most = max(most, alive)
            return super().__new__(cls, f"문장 {number} " * 20)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def texts() -> Iterator[str]:
        for number in range(5000):
            yield Text(number)

    for kind in ("char", "word", "bpe"):
        Vocabulary.train(texts(), kind, 300)
    assert most < 1000


def test_long_texts_are_cut_at_line_ends_only() -> None:
    text = "".join(f"line {number}\n" for number in range(5000)) + "x" * 50_000 + "\nend"
    parts = list(line_groups(text))
    assert "".join(parts) == text and len(parts) > 3
    assert all(part.endswith("\n") for part in parts[:-1])


def test_a_forked_worker_says_nothing_about_threads() -> None:
    code = (
        "import multiprocessing, os; from seqloom.data.vocabulary import Vocabulary;"
        "text = [f'영화 {i}' for i in range(3000)]; v = Vocabulary.train(text, 'bpe', 300); v.encode_many(text);"
        "p = multiprocessing.get_context('fork').Process(target=v.encode_many, args=(text,)); p.start(); p.join();"
        "print(p.exitcode, os.environ.get('TOKENIZERS_PARALLELISM'))"
    )
    environment = {key: value for key, value in os.environ.items() if key != "TOKENIZERS_PARALLELISM"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 None" and done.stderr == ""


def test_what_cannot_be_learned_or_encoded() -> None:
    with pytest.raises(InputError, match="there is no text to build a vocabulary from: every row is empty"):
        Vocabulary.train(["", ""], "bpe", 300)
    with pytest.raises(InputError, match=r"bpe tokens need room for the 256 bytes: .* of at least 261, not 260"):
        Vocabulary.train(TEXT, "bpe", 260)
    with pytest.raises(InputError, match="a vocabulary of 5 has room for special tokens only"):
        Vocabulary.train(TEXT, "char", 5)
    with pytest.raises(InputError, match="unknown kind of tokens 'chars'"):
        Vocabulary.train(TEXT, "chars", 300)  # type: ignore[arg-type]
    for kind in KINDS:
        with pytest.raises(InputError, match=r"'bad \\ud800' holds half a character"):
            TRAINED[kind].encode("bad \ud800")
    with pytest.raises(InputError, match="expected text, got int 3"):
        TRAINED["bpe"].encode_many([3])  # type: ignore[list-item]


def test_a_tiny_text_is_enough() -> None:
    for kind in KINDS:
        vocabulary = Vocabulary.train(["ㅋ"], kind, 300)
        assert vocabulary.decode(vocabulary.encode("ㅋㅋ" if kind not in SPACED else "ㅋ")).startswith("ㅋ")


def test_jamo_writes_syllables_that_it_never_saw() -> None:
    letters = Vocabulary.train(["가나", "한글"], "jamo")
    assert [letters.token(number) for number in letters.encode("한")] == ["\u1112", "\u1161", "\u11ab"]
    unseen = "날간"  # no such syllable was read, all their letters were
    assert letters.decode(letters.encode(unseen)) == unseen == letters.normal("날간")
    assert letters.pieces("나") == ["\u1102", "\u1161"]
