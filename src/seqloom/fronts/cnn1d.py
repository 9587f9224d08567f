"""Convolutions over the frames of a recording, each layer at fewer steps than the one below (Amodei et al. 2015,
arXiv:1512.02595, section 3). Each step is normalised by its own mean and deviation, as in wav2vec 2.0 (Baevski et al.
2020, arXiv:2006.11477, section 2).

    y[t] = relu(norm(sum over j of W[j] x[t stride + j - before] + b))

Where causal, before = kernel - 1, and y[t] is certain when frame t stride is there; else the kernel is centred on it.
Beyond its ends a row is 0, in every layer, whatever lies behind it in a batch.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, pad

from seqloom.errors import InputError
from seqloom.fronts.front import Front
from seqloom.state import State
from seqloom.table import Count


class Cnn1d(Front):
    """`layers` of convolutions over time, from (bands,) to `size`.

    kernel  frames, or steps of the layer below, that are read at once
    stride  frames from one step to the next, in each layer: stride ** layers in all
    width   of the layers below the last; None: `size`
    causal  no step reads what comes after its frame, so that a recording can be read while it is heard
    """

    reads = ("audio",)

    def __init__(
        self,
        dims: tuple[int, ...],
        size: int,
        drop: float = 0.0,
        *,
        layers: Count = 2,
        kernel: Count = 5,
        stride: Count = 2,
        width: Count | None = None,
        causal: bool = False,
    ) -> None:
        """`dims` are (bands,). Raises InputError for strides over frames that would never be read, and for a kernel
        without a centre."""
        super().__init__()
        if stride > kernel:
            raise InputError(
                f"source.front.stride={stride} is longer than source.front.kernel={kernel}: frames between would never "
                "be read."
            )
        if not causal and kernel % 2 == 0:
            raise InputError(
                f"source.front.kernel={kernel} has no centre: take {kernel + 1}, or read forwards (causal: true)."
            )
        self.size, self.drop, self.causal = size, drop, causal
        self.bands, self.kernel, self.stride = dims[0], kernel, stride
        widths = [self.bands, *[width or size] * (layers - 1), size]
        self.convolutions = nn.ModuleList(nn.Conv1d(below, above, kernel, stride) for below, above in pairwise(widths))
        self.norms = nn.ModuleList(nn.LayerNorm(above) for above in widths[1:])
        for convolution in self.convolutions:
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")  # type: ignore[arg-type]
            nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]

    def filled(self, values: Tensor, mask: Tensor) -> Tensor:
        """Put 0 behind each row's end, and beside the bands a flag that says where it is: [batch, time, bands + 1]."""
        kept = values.masked_fill(~mask.unsqueeze(-1), 0)
        return torch.cat([kept, mask.unsqueeze(-1).to(values.dtype)], -1)

    def forward(self, values: Tensor) -> Tensor:
        """Turn what `filled` gave into [batch, steps, size]."""
        x, mask = values[..., : self.bands], values[..., self.bands] > 0
        for layer in range(len(self.convolutions)):
            mask = self._fewer(mask)
            x = self._layer(layer, self._edged(x)).masked_fill(~mask.unsqueeze(-1), 0)
        return dropout(x, self.drop, self.training)

    def steps(self, mask: Tensor) -> Tensor:
        """Turn the mask of frames [batch, frames] into that of steps."""
        for _ in self.convolutions:
            mask = self._fewer(mask)
        return mask

    def count(self, time: int) -> int:
        """Return the steps of so many frames."""
        for _ in self.convolutions:
            time = -(-time // self.stride)
        return time

    def advance(self, values: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read the next frames [batch, time, bands] of recordings that come in pieces; return the steps that are
        certain now [batch, steps, size], and the State to go on from.

        All steps one after the other are those of the whole. Raises InputError where steps wait for later frames.
        """
        if not self.causal:
            raise InputError(
                "source.front=cnn1d reads frames that come later, so it cannot be streamed: train with "
                "-s source.front.causal=true."
            )
        after: State = {}
        x = values
        for layer in range(len(self.convolutions)):
            name = str(layer)
            past = x.new_zeros(x.shape[0], self.kernel - 1, x.shape[2]) if state is None else state[name]["past"]
            x = torch.cat([past, x], 1)  # from the first frame that the next step reads
            ready = max(0, (x.shape[1] - self.kernel) // self.stride + 1)
            after[name] = {"past": x[:, ready * self.stride :]}
            x = self._layer(layer, x) if ready else x.new_zeros(x.shape[0], 0, self._width(layer))
        return dropout(x, self.drop, self.training), after

    def _edged(self, x: Tensor) -> Tensor:
        """Put zeros around [batch, time, width] so that a step stands at every stride-th frame from the first on."""
        before = self.kernel - 1 if self.causal else self.kernel // 2
        return pad(x, (0, 0, before, self.kernel - 1 - before))

    def _layer(self, layer: int, x: Tensor) -> Tensor:
        if x.shape[1] < self.kernel:
            return x.new_zeros(x.shape[0], 0, self._width(layer))
        y = self.convolutions[layer](x.transpose(1, 2)).transpose(1, 2)
        return self.norms[layer](y).relu()

    def _width(self, layer: int) -> int:
        width: int = self.convolutions[layer].out_channels  # type: ignore[assignment]
        return width

    def _fewer(self, mask: Tensor) -> Tensor:
        return mask[:, :: self.stride]
