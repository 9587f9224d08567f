"""torch.nn.Transformer decoded as its tutorials do: every step runs the decoder over the whole prefix again.

The work is that of bench/peers/seqloom_decode.py.
"""

import math

import torch
from answering import Once, Work, serve
from sentences import BOS, EOS, LENGTH, PAD, SHAPES, padded, sources
from torch import Tensor, nn


class Translator(nn.Module):
    """Embeddings, sinusoids, nn.Transformer and an output layer."""

    def __init__(self, vocabulary: int, size: int, heads: int, layers: int, inner: int) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(vocabulary, size), nn.Embedding(vocabulary, size)
        self.transformer = nn.Transformer(
            size, heads, layers, layers, inner, 0.1, "gelu", batch_first=True, norm_first=True
        )
        self.out = nn.Linear(size, vocabulary)
        rate = torch.exp(torch.arange(0, size, 2) * (-math.log(10000.0) / size))
        angle = torch.arange(512).unsqueeze(1) * rate
        self.places: Tensor
        self.register_buffer("places", torch.stack([angle.sin(), angle.cos()], -1).flatten(1))

    def place(self, vectors: Tensor) -> Tensor:
        """Scale embeddings [batch, time, size] and add where they stand."""
        return vectors * vectors.shape[-1] ** 0.5 + self.places[: vectors.shape[1]]

    def read(self, ids: Tensor, padding: Tensor) -> Tensor:
        """Run the encoder: ids [batch, source] -> [batch, source, size]."""
        out: Tensor = self.transformer.encoder(self.place(self.source(ids)), src_key_padding_mask=padding)
        return out

    def next(self, written: Tensor, memory: Tensor, padding: Tensor) -> Tensor:
        """Return the logits after `written` [rows, time], its end left out: [rows, vocabulary]."""
        mask = nn.Transformer.generate_square_subsequent_mask(written.shape[1])
        hidden = self.transformer.decoder(
            self.place(self.target(written)), memory, tgt_mask=mask, memory_key_padding_mask=padding, tgt_is_causal=True
        )
        logits: Tensor = self.out(hidden[:, -1])
        logits[:, EOS] = -math.inf
        return logits


def greedy(model: Translator, ids: Tensor, padding: Tensor, length: int) -> Tensor:
    """Write `length` tokens a sentence: [batch, length]."""
    memory = model.read(ids, padding)
    written = torch.full((len(ids), 1), BOS)
    for _ in range(length):
        token = model.next(written, memory, padding).argmax(-1, keepdim=True)
        written = torch.cat([written, token], 1)
    return written[:, 1:]


def beam(model: Translator, ids: Tensor, padding: Tensor, length: int, width: int) -> Tensor:
    """Write `length` tokens a sentence, the best of `width` hypotheses: [batch, length]."""
    batch = len(ids)
    memory = model.read(ids, padding).repeat_interleave(width, 0)
    padding = padding.repeat_interleave(width, 0)
    written = torch.full((batch * width, 1), BOS)
    total = torch.full((batch, width), -math.inf)
    total[:, 0] = 0
    first = torch.arange(batch).unsqueeze(1) * width
    for _ in range(length):
        logprobs = model.next(written, memory, padding).log_softmax(-1)
        sums = (total.view(-1, 1) + logprobs).view(batch, -1)
        total, place = sums.topk(width)
        parent = (first + place // logprobs.shape[1]).flatten()
        written = torch.cat([written[parent], (place % logprobs.shape[1]).view(-1, 1)], 1)
    return written.view(batch, width, -1)[:, 0, 1:]


def make(work: Work) -> Once:
    """Build the model and its sentences."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    shape = SHAPES[work["shape"]]
    model = Translator(shape.vocabulary, shape.size, shape.heads, shape.layers, shape.inner).eval()
    ids = torch.tensor(padded(sources(work["batch"])))

    def once() -> float:
        with torch.inference_mode():
            if work["beam"] == 1:
                return greedy(model, ids, ids == PAD, LENGTH).numel()
            return beam(model, ids, ids == PAD, LENGTH, work["beam"]).numel()

    return once


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", make)
