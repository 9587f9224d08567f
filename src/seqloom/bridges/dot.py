"""The dot score (Luong et al. 2015, arXiv:1508.04025, eq. 8): score(q, k) = q . k, with nothing to learn."""

from torch import Tensor

from seqloom.bridges.attention import AttentionReader
from seqloom.errors import InputError
from seqloom.kernels.attend import Score
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Share


class Dot(AttentionReader):
    """Query and key are compared as they are, so their widths must agree; dropout is on the weights."""

    def __init__(self, query_size: int, memory_size: int, *, dropout: Share = 0.0) -> None:
        if query_size != memory_size:
            raise InputError(
                f"score dot compares a decoder of width {query_size} with an encoder of width {memory_size} as they "
                "are. Make them agree (both directions of an encoder count), or take score: general or scaled_dot."
            )
        super().__init__(query_size, memory_size)
        self.drop = dropout

    def prepare(self, memory: Memory) -> State:
        """Return nothing: the keys are the outputs."""
        return {"keys": memory.outputs}

    def form(self) -> Score:
        """Return the score in one formula."""
        return Score()

    def scores(self, query: Tensor, keys: State, state: State) -> Tensor:
        """Return scores [batch, target, source]."""
        return query @ keys["keys"].mT.to(query.dtype)
