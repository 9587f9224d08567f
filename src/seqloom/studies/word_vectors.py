"""Word vectors for studies: word2vec trained here by gensim, and how well neighbours agree.

Skip-gram with negative sampling (Mikolov et al. 2013, arXiv:1310.4546), one thread, so that a seed gives one result.
"""

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from seqloom.data.vocabulary import Vocabulary
from seqloom.errors import ResourceError

WINDOW, EPOCHS, NEGATIVE = 5, 10, 5


def word2vec(texts: Sequence[str], vocabulary: Vocabulary, size: int, seed: int) -> Tensor:
    """Train vectors on texts, words cut at spaces; return [vocabulary, size], NaN where a token is no word of theirs.

    Raises ResourceError where gensim is not installed.
    """
    try:
        from gensim.models import Word2Vec
    except ImportError:
        raise ResourceError(
            "word2vec is trained by gensim, which is not installed: pip install 'seqloom[vectors]', or give vectors "
            "of your own (-s vectors=FILE)."
        ) from None
    logging.getLogger("gensim").setLevel(logging.ERROR)
    said = [text.lower().split() if vocabulary.lowercase else text.split() for text in texts]
    model = Word2Vec(
        said, vector_size=size, window=WINDOW, min_count=1, sg=1, negative=NEGATIVE, epochs=EPOCHS, workers=1, seed=seed
    )
    table = torch.full((len(vocabulary), size), float("nan"))
    for number in range(len(vocabulary)):
        word = vocabulary.token(number)
        if word in model.wv:
            table[number] = torch.from_numpy(np.array(model.wv[word], np.float32))
    return table


def scaled(table: Tensor) -> Tensor:
    """Return vectors moved to mean 0 and variance 1 / size over all numbers, as learned ones start."""
    known = table[table.isfinite().all(1)]
    return (table - known.mean(0)) / (known - known.mean(0)).std().clamp(min=1e-9) * table.shape[1] ** -0.5


def agreement(table: Tensor, vocabulary: Vocabulary, kinds: Mapping[str, str]) -> float | None:
    """Return the share of words whose nearest other word, by cosine, is of their kind; of several equally near, the
    share of those. None where no kinds are known."""
    places = [
        number
        for number in range(len(vocabulary))
        if vocabulary.token(number) in kinds and bool(table[number].isfinite().all())
    ]
    if len(places) < 2:
        return None
    kind = [kinds[vocabulary.token(number)] for number in places]
    unit = normalize(table[places].double(), dim=-1)
    likeness = unit @ unit.T
    likeness.fill_diagonal_(-2)
    nearest = likeness >= likeness.amax(1, keepdim=True) - 1e-9
    same = torch.tensor([[one == other for other in kind] for one in kind])
    return float(((nearest & same).sum(1) / nearest.sum(1)).mean())
