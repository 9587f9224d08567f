"""A corpus gives back its sentences, its hashes, and the place of a tag."""

from pathlib import Path

from tagged_files import FILES, JSONL, tagged

from seqloom.data.corpus import Corpus


def test_every_sentence_comes_back(tmp_path: Path) -> None:
    for name, text in FILES.items():
        sentences = tagged(tmp_path, name, text)
        corpus = Corpus.collect(sentences)
        assert len(corpus) == len(sentences)
        for row, sentence in enumerate(sentences):
            assert (corpus.words_of(row), corpus.tags_of(row)) == (sentence.words, sentence.tags)
            assert corpus.labels is None or corpus.labels[row] == sentence.label
        assert len(set(corpus.words)) == len(corpus.words)


def test_tags_are_written_otherwise_and_nothing_else_changes(tmp_path: Path) -> None:
    corpus = Corpus.collect(tagged(tmp_path, "d.jsonl", JSONL))
    other = corpus.converted(lambda tags: [tag.lower() for tag in tags])
    assert list(other.all_tags()) == [["b-lc", "o"], ["o"]] and other.labels == corpus.labels
    assert other.words_of(0) == corpus.words_of(0)


def test_places_keys_and_digests(tmp_path: Path) -> None:
    corpus = Corpus.collect(tagged(tmp_path, "d.jsonl", JSONL))
    assert corpus.where("O") == f"{tmp_path}/d.jsonl:1" and corpus.where("O", [1]) == f"{tmp_path}/d.jsonl:3"
    assert list(corpus.keys([1])) == ["hi"] and len(list(corpus.keys())) == 2
    changed = [JSONL.replace("hi", "ho"), JSONL.replace('["O"]', '["X"]'), JSONL.replace("greet", "part")]
    digests = {Corpus.collect(tagged(tmp_path, "d.jsonl", text)).digest([0, 1]) for text in (JSONL, *changed)}
    assert len(digests) == 4
    assert Corpus.collect(tagged(tmp_path, "d.jsonl", JSONL)).digest([0, 1]) == corpus.digest([0, 1])
