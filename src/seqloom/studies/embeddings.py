"""Embeddings: what vectors of words know, one-hot, learned, and pretrained (Mikolov et al. 2013, arXiv:1310.4546)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.data.batches import pad
from seqloom.data.vocabulary import UNK, Vocabulary
from seqloom.errors import InputError
from seqloom.layers.embedding import TokenEmbedding
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Lines, Table
from seqloom.studies.learning import accuracy, learn, model_of, numbers
from seqloom.studies.over_seeds import gains, over
from seqloom.studies.puzzles_words import Labelled, made, read, shuffled
from seqloom.studies.statistics import Verdict, above, all_of
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars, summary
from seqloom.studies.word_vectors import agreement, scaled, word2vec
from seqloom.table import Count
from seqloom.tasks.task import Say
from seqloom.tasks.vectors import pretrained

ARMS = ("one-hot", "learned", "pretrained", "frozen")
FRESH, LENGTH = 1000, 10


class Embeddings(Study):
    """Texts classified from few and from many labelled rows, by models whose words start from different vectors.

    few, many  labelled rows of training
    size       width of the vectors that are not one-hot
    words      of each of three kinds, in the made language
    corpus     made texts without labels that word2vec learns from
    steps      updates of each training
    encoder    what reads the vectors
    data       a file of texts and labels in place of the made language (its rows without labels are those kept from
               the models)
    vectors    a file of word vectors in place of word2vec trained here
    shuffled   True deals out the words of the corpus at random, the control
    """

    name = "embeddings"
    question = "What do pretrained word vectors bring, and when?"
    claim = (
        "One-hot vectors are all equally far from one another, and learned embeddings know only the words that "
        "labelled rows taught. Vectors pretrained on texts without labels know which words are alike, so that a model "
        "learns from few labelled rows; with many, the others catch up."
    )
    method = (
        "In a made language there are words of good, of bad and of no mood, many of each; a text is half words without "
        "mood, and four in five of the others are of the mood that its label names. The same model reads words as "
        "one-hot vectors, as learned embeddings, as word2vec's vectors (skip-gram, trained here on texts without "
        "labels) that learn on, and as the same frozen. Each is trained on few and on many labelled rows by the same "
        "number of updates; measured are the right answers on new texts, which hold words that the few rows never "
        "did, and the share of words whose nearest other word is of the same kind."
    )
    source = "Mikolov et al. 2013, arXiv:1310.4546; Turian et al. 2010, P10-1040"
    reading = (
        "Follow a pair of lines from few rows to many: the distance between them is what the start is worth. "
        "Neighbours of one-hot vectors are a draw, so that they agree by chance alone. Where the frozen vectors "
        "lie above those that learn on, training has moved the words that it saw away from those like them that it did "
        "not."
    )
    exercise = (
        "Bring texts and vectors of your own: `seqloom study embeddings -s data=reviews.tsv -s vectors=glove.txt`. "
        "From how many labelled rows on does the model no longer need them?"
    )
    control: ClassVar[Mapping[str, Any]] = {"shuffled": True}
    control_about = (
        "The words of the texts that the vectors are trained on are dealt out at random, so that no word's company "
        "tells anything of it."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"many": 1500, "steps": 100}

    def __init__(
        self,
        *,
        few: Count = 32,
        many: Count = 4000,
        size: Count = 16,
        words: Count = 80,
        corpus: Count = 3000,
        steps: Count = 150,
        encoder: Literal["bag", "gru", "lstm", "transformer"] = "gru",
        data: str | None = None,
        vectors: str | None = None,
        shuffled: bool = False,
    ) -> None:
        self.few, self.many, self.size, self.words, self.corpus = few, many, size, words, corpus
        self.steps, self.encoder, self.data, self.vectors, self.shuffled = steps, encoder, data, vectors, shuffled
        if few >= many:
            raise InputError(f"study embeddings: few={few}, many={many}: few must be below many.")
        if vectors is not None and shuffled:
            raise InputError("study embeddings: shuffled=true spoils what vectors are trained on: leave out vectors.")

    @property
    def amounts(self) -> list[int]:
        """Labelled rows, from few to many, each about the same times the one before."""
        middle = round((self.few * self.many) ** 0.5)
        return sorted({self.few, middle, self.many})

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Make or read the texts, train the vectors, then a model of each arm and amount."""
        known, fresh, corpus = self._rows(seed)
        labels = sorted(set(known.labels) | set(fresh.labels))
        vocabulary = Vocabulary.train([*known.texts, *corpus], "word", lowercase=True)
        ids, told = encoded(known, vocabulary, labels)
        measured = batch(*encoded(fresh, vocabulary, labels))
        found = self._vectors(corpus, vocabulary, seed)
        rows: list[Row] = []
        for amount in self.amounts:
            for arm in ARMS:
                model = self._model(arm, len(vocabulary), labels, found, seed)

                def draw(g: torch.Generator, amount: int = amount) -> Batch:
                    places = torch.randint(0, amount, (32,), generator=g).tolist()
                    return batch([ids[one] for one in places], [told[one] for one in places])

                learn(model, draw, seed=seed, steps=self.steps, lr=5e-3, clip=1.0)
                row: Row = {"vectors": arm, "labelled": amount}
                row["right"] = accuracy(model, measured, "label")
                alike = agreement(_table(model), vocabulary, known.kinds)
                rows.append(row if alike is None else {**row, "alike": alike})
        return rows

    def _rows(self, seed: int) -> tuple[Labelled, Labelled, Sequence[str]]:
        """Return labelled rows to learn from, rows to measure on, and texts without labels."""
        if self.data is None:
            known, fresh = (
                made(numbers(seed, part), n, LENGTH, self.words) for part, n in ((2, self.many), (1, FRESH))
            )
            corpus: Sequence[str] = made(numbers(seed, 3), self.corpus, LENGTH, self.words).texts
        else:
            whole = read(self.data)
            if len(whole) < self.many + FRESH // 10:
                raise InputError(
                    f"study embeddings: {self.data} has {len(whole)} rows; many={self.many} and {FRESH // 10} to "
                    "measure on are needed. Ask for fewer (-s many=...)."
                )
            order = torch.randperm(len(whole), generator=numbers(seed, 2)).tolist()
            cut = min(FRESH, len(whole) - self.many)
            fresh, known = whole.some(order[:cut]), whole.some(order[cut : cut + self.many])
            corpus = whole.some(order[cut:]).texts
        return known, fresh, shuffled(corpus, numbers(seed, 4)) if self.shuffled else corpus

    def _vectors(self, corpus: Sequence[str], vocabulary: Vocabulary, seed: int) -> Tensor:
        if self.vectors is not None:
            return scaled(pretrained(self.vectors, vocabulary))
        return scaled(word2vec(corpus, vocabulary, self.size, seed))

    def _model(self, arm: str, vocabulary: int, labels: list[str], vectors: Tensor, seed: int) -> SequenceModel:
        given = {"source": vectors} if arm in ("pretrained", "frozen") else {}
        source = {"embed": "onehot" if arm == "one-hot" else "learned", "freeze": arm == "frozen"}
        shape = {} if self.encoder == "bag" else {"size": 32, "layers": 1, "dropout": 0.0}
        return model_of(
            Wiring(source=vocabulary, labels={"label": (labels, [1] * len(labels))}, vectors=given),
            seed=seed,
            source={"tokens": "word", "size": vectors.shape[1], **source},
            encoder={"kind": self.encoder, **shape},
            heads={"label": {"kind": "label", "reads": "mean"}},
        )

    def judge(self, rows: Rows) -> Verdict:
        """Compare pretrained vectors with the others, from few rows and from many."""

        def gained(other: str, amount: int) -> list[float]:
            return gains(rows, "right", {"vectors": "pretrained"}, {"vectors": other}, labelled=amount)

        lead = [a - b for a, b in zip(gained("learned", self.few), gained("learned", self.many), strict=True)]
        return all_of(
            [
                above(gained("learned", self.few), 0.05, f"right, pretrained less learned, {self.few} rows"),
                above(gained("one-hot", self.few), 0.05, f"right, pretrained less one-hot, {self.few} rows"),
                above(lead, 0.03, f"the lead over learned from {self.few} rows, less that from {self.many}"),
            ],
            "The claim holds where a model with pretrained vectors gives over 0.05 more right answers than with "
            "learned and than with one-hot ones from few labelled rows, and where its lead over learned ones is over "
            "0.03 smaller from many rows; by the 95 % interval over seeds.",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw right answers by the number of labelled rows, and neighbours."""
        lines = [over(rows, "labelled", "right", arm, vectors=arm) for arm in ARMS]
        drawn: list[Figure] = [Lines("Right answers on new texts", lines, "labelled rows", "share", "log")]
        if any("alike" in row for row in rows):
            title = "Share of words whose nearest other word is of their kind"
            drawn.append(bars(title, rows, ("vectors", "labelled"), "alike", "share"))
        return drawn

    def table(self, rows: Rows) -> Table:
        """List the vectors by the number of labelled rows."""
        whats = {"right": "right on new texts", "alike": "nearest word of the same kind"}
        return summary("Vectors of words", rows, ("labelled", "vectors"), whats)


def encoded(rows: Labelled, vocabulary: Vocabulary, labels: Sequence[str]) -> tuple[list[list[int]], list[int]]:
    """Return the ids of each text (one unknown word where it has none) and the number of its label."""
    return [one or [UNK] for one in vocabulary.encode_many(rows.texts)], [labels.index(one) for one in rows.labels]


def batch(ids: Sequence[list[int]], told: Sequence[int]) -> Batch:
    """Return rows as a model reads them."""
    return Batch({"source": pad(list(ids))}, {"label": Field(torch.tensor(told))})


def _table(model: SequenceModel) -> Tensor:
    """Return the vector of every id, [vocabulary, size]."""
    source = model.source
    assert isinstance(source, TokenEmbedding)
    return source(torch.arange(source.vocabulary)[None])[0].detach()
