"""A decoder that attends as a plain loop over steps, as tutorials write it: a cell of torch.nn, keys projected once.

The work: `wiring` (bahdanau; luong; luong with `feed`), `cell` (gru, lstm), batch, target (steps), source (of the
longest row, the shortest being `shortest` less), input, size, memory, score (widths). Forward and backward from the
embedded words and the memory to the hidden vectors: gradients of all weights, of the words and of the memory.
"""

import torch
from answering import Once, Work, serve, sizes
from lengths import lengths
from torch import Tensor, nn
from torch.nn import functional


class PlainDecoder(nn.Module):
    """Reads before its cell steps (bahdanau), or after it (luong), one step after the other."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        width, size, memory, score = sizes(work, "input", "size", "memory", "score")
        self.before, self.feed, self.lstm = (
            work["wiring"] == "bahdanau",
            work.get("feed", False),
            work["cell"] == "lstm",
        )
        read = memory if self.before else size if self.feed else 0
        self.cell: nn.Module = (nn.LSTMCell if self.lstm else nn.GRUCell)(width + read, size)
        self.query, self.key = nn.Linear(size, score), nn.Linear(memory, score, bias=False)
        self.score = nn.Linear(score, 1, bias=False)
        self.out = nn.Linear(size + memory + (width if self.before else 0), size)

    def forward(self, x: Tensor, memory: Tensor, shown: Tensor) -> Tensor:
        """Run x [batch, time, input] over memory [batch, source, memory] -> [batch, time, size]."""
        h = c = found = x.new_zeros(len(x), self.query.in_features)
        keys, outputs = self.key(memory), []
        for step in x.unbind(1):
            if self.before:
                step = torch.cat([step, self.read(h, keys, memory, shown)], -1)
            elif self.feed:
                step = torch.cat([step, found], -1)
            if self.lstm:
                h, c = self.cell(step, (h, c))
            else:
                h = self.cell(step, h)
            beside = step if self.before else self.read(h, keys, memory, shown)
            found = self.out(torch.cat([h, beside], -1)).tanh()
            outputs.append(found)
        return torch.stack(outputs, 1)

    def read(self, query: Tensor, keys: Tensor, memory: Tensor, shown: Tensor) -> Tensor:
        """Attend with one query a row."""
        scores = self.score((keys + self.query(query).unsqueeze(1)).tanh()).squeeze(-1)
        weights = functional.softmax(scores.masked_fill(~shown, -1e9), -1)
        return torch.bmm(weights.unsqueeze(1), memory).squeeze(1)


def batch_of(work: Work) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return words [batch, target, input], memory [batch, source, memory] and its mask, and the gradient of the hidden
    vectors."""
    torch.manual_seed(0)
    batch, source, target, width, size, memory = sizes(work, "batch", "source", "target", "input", "size", "memory")
    told = torch.tensor(lengths(batch, source - work["shortest"], source))
    words = torch.randn(batch, target, width, requires_grad=True)
    kept = torch.randn(batch, source, memory, requires_grad=True)
    return words, kept, torch.arange(source) < told.unsqueeze(1), torch.randn(batch, target, size)


def make(work: Work) -> Once:
    """Build one decoder and its batch."""
    torch.set_num_threads(work["threads"])
    words, memory, shown, back = batch_of(work)
    decoder = PlainDecoder(work)

    def once() -> None:
        decoder.zero_grad()
        words.grad = memory.grad = None
        decoder(words, memory, shown).backward(back)

    return once


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", make)
