"""A character model in plain torch writes on from one token: a step, softmax, a draw, one at a time.

The work: `arch` (lstm or gpt), size of the LSTM, vocabulary, length; its settings are `threads` and `way` (layer or
cell: nn.LSTM or nn.LSTMCell).
"""

import torch
from answering import Once, Work, serve
from eager_models import build, start


def make(work: Work) -> Once:
    """Build the model."""
    torch.set_num_threads(work["threads"])
    arch, way, size, length = work["arch"], work.get("way", "layer"), work["size"], work["length"]
    model = build(arch, way, work["vocabulary"], size)

    def once() -> float:
        token, (one, other) = torch.zeros(1, dtype=torch.long), start(arch, way, size)
        written = []
        with torch.inference_mode():
            for _ in range(length):
                logits, one, other = model(token, one, other)
                token = torch.multinomial(logits.softmax(-1), 1)
                written.append(token.item())
        return len(written)

    return once


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", make)
