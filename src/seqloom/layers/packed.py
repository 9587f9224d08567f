"""A linear layer that runs packed, as float32, bf16 or int8, where nothing asks for gradients."""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from seqloom.kernels.decoder_step import Precision
from seqloom.kernels.linear import PackedLayer, packed_layer, rounded, usable


class PackedLinear(nn.Linear):
    """Shares its weight [n, k] and bias [n] with the layer that it stands in for, and packs them anew where they have
    changed: x [..., k] -> y [..., n]."""

    def __init__(self, weight: nn.Parameter, bias: nn.Parameter | None, precision: Precision) -> None:
        nn.Module.__init__(self)
        self.out_features, self.in_features = weight.shape
        self.weight, self.bias, self.precision = weight, bias, precision  # type: ignore[assignment]
        self._packed: tuple[object, PackedLayer] | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Run natively where that can be, else by torch."""
        if not usable(x, self.weight, self.bias):
            return rounded(x, self.weight, self.bias, self.precision)
        now = version(self.weight, self.bias)
        if self._packed is None or self._packed[0] != now:
            self._packed = now, packed_layer(self.weight, self.bias, self.precision)
        return self._packed[1](x)

    def __deepcopy__(self, memo: dict[int, object]) -> "PackedLinear":
        """Copy the weights; what is packed lies in the native library and is packed again."""
        weight, bias = (
            None if one is None else nn.Parameter(one.detach().clone(), one.requires_grad)
            for one in (self.weight, self.bias)
        )
        assert weight is not None
        return PackedLinear(weight, bias, self.precision)


class PackedTogether:
    """Several layers that read the same, as one packed product: x [..., k] -> y [..., n] of each, side by side in one
    tensor; the numbers are those of each by itself."""

    def __init__(self, layers: Sequence[nn.Linear], precision: Precision) -> None:
        self._layers, self._precision = layers, precision
        self._weights = [one for layer in layers for one in (layer.weight, layer.bias) if one is not None]
        self._packed: tuple[object, PackedLayer] | None = None

    def usable(self, x: Tensor) -> bool:
        """Choose: True where `run` can take x."""
        return not torch.is_grad_enabled() and all(usable(x, one.weight, one.bias) for one in self._layers)

    def run(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return what each layer makes of x."""
        now, sizes = version(*self._weights), [layer.out_features for layer in self._layers]
        if self._packed is None or self._packed[0] != now:
            weight = torch.cat([one.weight.detach() for one in self._layers])
            bias = torch.cat(
                [weight.new_zeros(one.out_features) if one.bias is None else one.bias.detach() for one in self._layers]
            )
            self._packed = now, packed_layer(weight, bias, self._precision)
        return self._packed[1](x).split(sizes, -1)

    def __deepcopy__(self, memo: dict[int, object]) -> "PackedTogether":
        """Belong to the copies of the layers; what is packed is packed again."""
        return PackedTogether(deepcopy(self._layers, memo), self._precision)


def version(*parameters: Tensor | None) -> tuple[object, ...]:
    """Return what changes whenever a parameter is replaced or written to."""
    return tuple(
        (id(one), one.data_ptr(), 0 if one.is_inference() else one._version) for one in parameters if one is not None
    )
