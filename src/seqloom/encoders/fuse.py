"""The contract of a fuse, which joins what was read of several inputs."""

from collections.abc import Mapping

from torch import Tensor, nn

from seqloom.memory import Memory


class Fuse(nn.Module):
    """Makes one Memory of several, of the first input and of those beside it in their order.

    Whatever is downstream, a bridge, a decoder or a head, sees that one alone. Its `parts` say which slice of the
    source axis came from which input; within a part the mask is a prefix, as that of any Memory. No State survives.
    """

    output_size: int

    def forward(self, memories: Mapping[str, Memory]) -> Memory:
        """Join Memories by the names of their inputs, all of one batch."""
        raise TypeError(f"{type(self).__name__} has no forward")


def projections(widths: Mapping[str, int], size: int) -> nn.ModuleDict:
    """Return a matrix for each input, from its width to the common one."""
    made = nn.ModuleDict({name: nn.Linear(width, size) for name, width in widths.items()})
    for name in made:
        matrix: nn.Linear = made[name]  # type: ignore[assignment]
        nn.init.xavier_uniform_(matrix.weight)
        nn.init.zeros_(matrix.bias)
    return made


def hide(x: Tensor, mask: Tensor) -> Tensor:
    """Return x [batch, time, size] with zeros where there is no data."""
    return x.masked_fill(~mask.unsqueeze(-1), 0)
