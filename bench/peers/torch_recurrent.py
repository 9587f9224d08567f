"""torch.nn's recurrent layers, forward and backward, in the layout that is theirs: [time, batch, input].

The work: `cell` (rnn, gru, lstm), time, batch, input, size, `type` (float32; bfloat16: under autocast), and `shortest`
where rows have lengths: those are packed, as the documentation has it.
"""

import torch
from answering import Once, Work, serve, sizes
from lengths import lengths
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

KINDS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


def make(work: Work) -> Once:
    """Build one layer and its batch."""
    torch.set_num_threads(work["threads"])
    torch.manual_seed(0)
    time, batch, width, size = sizes(work, "time", "batch", "input", "size")
    layer = KINDS[work["cell"]](width, size)
    x = torch.randn(time, batch, width, requires_grad=work.get("hidden", True))
    back = torch.randn(time, batch, size)
    told = torch.tensor(lengths(batch, work["shortest"], time)) if "shortest" in work else None

    def run() -> torch.Tensor:
        if told is None:
            return layer(x)[0]
        packed = pack_padded_sequence(x, told, enforce_sorted=False)
        return pad_packed_sequence(layer(packed)[0])[0]

    def once() -> None:
        layer.zero_grad()
        x.grad = None
        with torch.autocast("cpu", torch.bfloat16, enabled=work.get("type") == "bfloat16"):
            out = run()
        out.backward(back.to(out.dtype))

    return once


if __name__ == "__main__":
    serve(f"torch {torch.__version__}", make)
