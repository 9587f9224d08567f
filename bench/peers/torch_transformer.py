"""A loop over nn.Transformer as its tutorials have it: forward, backward, clip, Adam, the loss as a number.

The work: vocabulary, size, heads, layers, inner, rows of a batch, `type` (float32; bfloat16: under autocast).
"""

import math
from itertools import cycle

import torch
from answering import Once, Work, serve, sizes
from made_pairs import PAD, batches, padded
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

DROPOUT = 0.1


class Translator(nn.Module):
    """Embeddings, sinusoids, nn.Transformer and an output layer that shares the target's embedding."""

    def __init__(self, vocabulary: int, size: int, heads: int, layers: int, inner: int) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(vocabulary, size), nn.Embedding(vocabulary, size)
        nn.init.normal_(self.source.weight, std=size**-0.5)
        nn.init.normal_(self.target.weight, std=size**-0.5)
        self.transformer = nn.Transformer(
            size, heads, layers, layers, inner, DROPOUT, "gelu", batch_first=True, norm_first=True
        )
        self.out = nn.Linear(size, vocabulary)
        self.out.weight = self.target.weight
        rate = torch.exp(torch.arange(0, size, 2) * (-math.log(10000.0) / size))
        angle = torch.arange(512).unsqueeze(1) * rate
        self.places: Tensor
        self.register_buffer("places", torch.stack([angle.sin(), angle.cos()], -1).flatten(1))

    def forward(self, source: Tensor, written: Tensor) -> Tensor:
        """Return logits [batch, target, vocabulary]."""
        padding, size = source == PAD, self.places.shape[1]
        read = self.source(source) * size**0.5 + self.places[: source.shape[1]]
        heard = self.target(written) * size**0.5 + self.places[: written.shape[1]]
        mask = nn.Transformer.generate_square_subsequent_mask(written.shape[1])
        hidden = self.transformer(
            read,
            heard,
            tgt_mask=mask,
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
            tgt_is_causal=True,
        )
        return self.out(hidden)


def make(work: Work) -> Once:
    """Build the model, its optimizer and the batches."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    model = Translator(*sizes(work, "vocabulary", "size", "heads", "layers", "inner")).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    ready = [
        tuple(torch.tensor(padded([row[side] for row in rows])) for side in (0, 1))
        for rows in batches(4, work["rows"], work["vocabulary"])
    ]
    turn = cycle(ready)
    lower = work.get("type") == "bfloat16"

    def once() -> float:
        source, target = next(turn)
        wanted = target[:, 1:]
        with torch.autocast("cpu", torch.bfloat16, enabled=lower):
            logits = model(source, target[:, :-1])
            loss = cross_entropy(logits.flatten(0, 1).float(), wanted.flatten(), ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()
        return int((wanted != PAD).sum())

    return once


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", make)
