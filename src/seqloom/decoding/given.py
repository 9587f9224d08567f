"""What a decoder thinks of texts that it did not write itself: ln p of each, the true tokens before every token."""

from collections.abc import Sequence

import torch

from seqloom.data.batches import pad
from seqloom.data.vocabulary import BOS, EOS
from seqloom.decoding.writer import WORDS, Memories, mean_probability
from seqloom.model import SequenceModel


def given_logprobs(
    models: Sequence[SequenceModel], memories: Memories, texts: Sequence[tuple[int, Sequence[int]]]
) -> list[float]:
    """Return ln p in nats, of the end too, of texts of ids, each with the row of the memories that it is of.

    Several models answer with the mean of their probabilities of each token.
    """
    if not texts:
        return []
    device = next(models[0].parameters()).device
    rows = torch.tensor([row for row, _ in texts], device=device)
    fed = pad([[BOS, *text] for _, text in texts]).to(device)
    wanted = pad([[*text, EOS] for _, text in texts]).to(device)
    assert fed.mask is not None
    each = []
    with torch.no_grad():
        for model, memory in zip(models, memories.reorder(rows).of, strict=True):
            assert model.decoder is not None and model.target is not None
            hidden, _ = model.decoder(model.target(fed.values), fed.mask, None, memory)
            head = model.heads[WORDS]
            each.append(head(hidden, memory, memory.keys["heads"].get(WORDS), fed.mask))
        logits = each[0] if len(each) == 1 else mean_probability(each)
        told = logits.double().log_softmax(-1).gather(2, wanted.values.unsqueeze(2)).squeeze(2)
    found: list[float] = told.masked_fill(~fed.mask, 0).sum(1).tolist()
    return found
