"""SequenceModel: an encoder, a decoder or both between embeddings and heads. There is no other model class."""

from collections.abc import Mapping

from torch import Tensor, nn

from seqloom.batch import Batch
from seqloom.decoders.decoder import Decoder
from seqloom.encoders.encoder import Encoder
from seqloom.errors import InputError
from seqloom.heads.head import Head
from seqloom.memory import Memory
from seqloom.state import State

Losses = dict[str, tuple[Tensor, Tensor]]


class SequenceModel(nn.Module):
    """source -> encoder -> heads (classify, tag), or target -> decoder -> heads (language).

    A head's place in `heads` is its name, which is also the name of its target in a Batch and of its loss.
    """

    def __init__(
        self,
        heads: Mapping[str, Head],
        source: nn.Module | None = None,
        encoder: Encoder | None = None,
        target: nn.Module | None = None,
        decoder: Decoder | None = None,
    ) -> None:
        super().__init__()
        self.source, self.encoder = source, encoder
        self.target, self.decoder = target, decoder
        self.heads = nn.ModuleDict(heads)
        self.weights = dict.fromkeys(heads, 1.0)

    def forward(self, batch: Batch, state: State | None = None) -> tuple[dict[str, Tensor], State | None]:
        """Run a batch; return the outputs of every head, and the State that the next window would go on from.

        A model that cannot go on (a bidirectional encoder) returns a State that it would refuse; see `causal`.
        """
        memory: Memory | None = None
        if self.encoder is not None and self.source is not None:
            memory, state = self.encode(batch, state)
            hidden = memory.outputs
        if self.decoder is not None and self.target is not None:
            written = batch.inputs["target"]
            hidden, state = self.decoder(self.target(written.values), written.mask, state, memory)
        return {name: head(hidden, memory) for name, head in self.heads.items()}, state

    def encode(self, batch: Batch, state: State | None = None) -> tuple[Memory, State]:
        """Read the source of a batch and return its Memory and the encoder's State."""
        if self.encoder is None or self.source is None:
            raise InputError("this model has no encoder.")
        read = batch.inputs["source"]
        if read.mask is None:
            raise ValueError("the source of a batch needs a mask")
        memory, state = self.encoder(self.source(read.values), read.mask, state)
        return memory, state

    def step(self, ids: Tensor, state: State | None, head: str = "words") -> tuple[Tensor, State]:
        """Read the next ids [batch, time] and return the logits after the last, [batch, vocabulary], and the State."""
        if self.decoder is None or self.target is None:
            raise InputError("this model has no decoder, so it cannot write: only language models generate.")
        hidden, state = self.decoder(self.target(ids), None, state, None)
        return self.heads[head](hidden[:, -1:], None)[:, 0], state

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch) -> Losses:
        """Return each head's summed loss in nats and its count."""
        return {name: self.heads[name].loss(outputs[name], target) for name, target in batch.target.items()}  # type: ignore[operator]

    def counts(self, batch: Batch) -> dict[str, Tensor]:
        """Return the counts that `loss` will give, from the targets alone."""
        return {name: self.heads[name].count(target) for name, target in batch.target.items()}  # type: ignore[operator]

    @property
    def causal(self) -> bool:
        """Whether a sequence may come in pieces, the State of one going into the next."""
        return self.encoder is None or self.encoder.causal

    @property
    def carries(self) -> bool:
        """Whether training may carry the State from window to window."""
        return self.decoder is not None and self.decoder.carries

    def parameter_count(self) -> int:
        """Return the number of weights that learn; tied ones count once."""
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)
