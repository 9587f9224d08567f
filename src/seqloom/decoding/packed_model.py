"""A model whose layers are packed for use, in a precision: float32, bf16 or int8.

    quick = packed_model(model, "int8")       # shares the parameters of `model`, of which nothing changes

Every linear layer and the output layer of a tokens head run packed (native/linear.h says what is rounded; without the
native library torch computes the same numbers). What has weights of another kind, above all recurrent cells, runs as
ever in float32, on weights that are rounded just as packed ones are. Embeddings and norms stay float32.
"""

from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor, nn

from seqloom.bridges.multihead import MultiHead
from seqloom.cells.cell import Cell
from seqloom.decoders.transformer import TransformerDecoder
from seqloom.encoders.transformer import TransformerEncoder
from seqloom.errors import InputError
from seqloom.heads.tokens import TokensHead
from seqloom.kernels.decoder_step import PRECISIONS, Precision
from seqloom.kernels.glimpse import glimpse
from seqloom.kernels.linear import to_bytes
from seqloom.layers.packed import PackedLinear, PackedTogether, version
from seqloom.layers.packed_stack import PackedStack
from seqloom.model import SequenceModel


def packed_model(model: SequenceModel, precision: Precision) -> SequenceModel:
    """Return a model that answers as this one does, in a precision, and is not to be trained.

    It follows the weights of `model` as these change, except rounded ones; see `version_of`. Raises InputError for a
    precision that is none, or for another than float32 on a GPU.
    """
    check_precision(precision)
    device = next(model.parameters()).device.type
    if precision != "float32" and device != "cpu":
        raise InputError(f"precision={precision} is for a CPU, and this model is on {device}: take --device cpu.")
    shared: dict[int, Any] = {id(one): one for one in (*model.parameters(), *model.buffers())}
    quick: SequenceModel = deepcopy(model, shared).eval()
    quick.precision = precision
    for part in list(quick.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.Linear) and not isinstance(child, PackedLinear):
                setattr(part, name, PackedLinear(child.weight, child.bias, precision))  # type: ignore[arg-type]
        if isinstance(part, TokensHead):
            part.packed = PackedLinear(part.weight, part.bias, precision)
        elif isinstance(part, Cell) and precision != "float32":
            for name, weight in part.named_parameters(recurse=False):
                if weight.dim() == 2:
                    setattr(part, name, nn.Parameter(rounded_weight(weight.detach(), precision), requires_grad=False))
    for part in quick.modules():
        if isinstance(part, TransformerEncoder):
            part.packed = PackedStack(part.stack, precision)
        elif isinstance(part, TransformerDecoder):
            part.together = _together(part, precision)
    return quick


def _together(decoder: TransformerDecoder, precision: Precision) -> PackedTogether | None:
    """Return the layers that project keys and values for a decoder as one, if all its readers have such alike."""
    readers = [one for one in decoder.stack.readers() if type(one) is MultiHead]
    if not readers or len(readers) < len(decoder.stack.blocks):
        return None
    return PackedTogether([part for one in readers for part in (one.key, one.value)], precision)


_kept: WeakKeyDictionary[SequenceModel, dict[str, tuple[object, SequenceModel]]] = WeakKeyDictionary()


def kept_at(model: SequenceModel, precision: Precision) -> SequenceModel:
    """Return what `packed_model` made of a model, made anew only where a weight has changed since.

    Raises InputError as it does, and for a model that is packed in another precision.
    """
    check_precision(precision)
    if model.precision not in (None, precision):
        raise InputError(f"this model is at precision={model.precision} already: take the one that it was made of.")
    now, made = version_of(model), _kept.setdefault(model, {})
    if precision not in made or made[precision][0] != now:
        made[precision] = now, packed_model(model, precision)
    return made[precision][1]


def check_precision(precision: str) -> None:
    """Raise InputError for a precision that there is not."""
    if precision not in PRECISIONS:
        raise InputError(f"precision={precision} is not known: {', '.join(PRECISIONS)}.")


def rounded_weight(weight: Tensor, precision: Precision) -> Tensor:
    """Return weights [n, k] as a precision holds them: bf16 nearest, or a row in steps of its largest / 127."""
    if precision == "bf16":
        return weight.bfloat16().to(weight.dtype)
    whole, step = to_bytes(weight)
    return whole * step


def version_of(model: nn.Module) -> tuple[object, ...]:
    """Return what changes whenever a weight of a model is replaced or written to, even by who tells nobody."""
    weights = list(model.parameters())
    return *version(*weights), glimpse(weights)
