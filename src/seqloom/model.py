"""SequenceModel: an encoder, a decoder or both between embeddings and heads. There is no other model class."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from seqloom.batch import Batch
from seqloom.bridges.bridge import Bridge
from seqloom.decoders.decoder import Decoder
from seqloom.encoders.branch import Branch
from seqloom.encoders.encoder import Encoder
from seqloom.encoders.fuse import Fuse
from seqloom.errors import InputError
from seqloom.heads.head import Head
from seqloom.kernels.decoder_step import Precision
from seqloom.layers.embedding import Input
from seqloom.layers.revin import RevIN
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.tape import probe, watched

Losses = dict[str, tuple[Tensor, Tensor]]
UNK = 4
"""The id under which a decoder hears a word that it copied and its vocabulary lacks."""


class SequenceModel(nn.Module):
    """source -> encoder -> heads (classify, tag), target -> decoder -> heads (language), or
    source -> encoder -> bridge -> decoder(target) -> heads (translate). What stands `beside` the source, each input
    with an encoder of its own, is joined to it by a fuse before anything is read of it (vqa).

    A head's place in `heads` is its name, which is also the name of its target in a Batch and of its loss.

    precision  how its layers hold their weights; None: as they are, unpacked (see `decoding/packed_model.py`)
    """

    precision: Precision | None = None

    def __init__(
        self,
        heads: Mapping[str, Head],
        source: Input | None = None,
        encoder: Encoder | None = None,
        target: Input | None = None,
        decoder: Decoder | None = None,
        bridge: Bridge | None = None,
        scaling: RevIN | None = None,
        beside: Mapping[str, Branch] | None = None,
        fuse: Fuse | None = None,
    ) -> None:
        super().__init__()
        self.source, self.encoder, self.bridge, self.scaling = source, encoder, bridge, scaling
        self.target, self.decoder = target, decoder
        self.beside, self.fuse = nn.ModuleDict(beside), fuse
        self.heads = nn.ModuleDict(heads)
        self.weights = dict.fromkeys(heads, 1.0)

    def forward(self, batch: Batch, state: State | None = None) -> tuple[dict[str, Tensor], State | None]:
        """Run a batch; return the outputs of every head, and the State that the next window would go on from.

        The State is the decoder's where there is one. A model that cannot go on (a bidirectional encoder) returns a
        State that it would refuse; see `causal`.
        """
        hidden, memory, mask, state = self._hidden(batch, state)
        return {name: self._head(name, hidden, memory, mask) for name in self.heads}, state

    def learn(self, batch: Batch, state: State | None = None) -> tuple[Losses, State | None]:
        """Run a batch for its losses alone, as `loss` of `forward` would give them, and return the State likewise."""
        if watched():  # whoever watches sees the outputs too
            outputs, state = self(batch, state)
            return self.loss(outputs, batch), state
        hidden, memory, mask, state = self._hidden(batch, state)
        losses = {}
        for name, target in batch.target.items():
            head: Any = self.heads[name]
            prepared = {} if memory is None else memory.keys.get("heads", {})
            losses[name] = head.learn(hidden, memory, prepared.get(name), mask, target)
        return losses, state

    def _hidden(self, batch: Batch, state: State | None) -> tuple[Tensor, Memory | None, Tensor | None, State | None]:
        """Return what the heads read of a batch: hidden [batch, time, size], the Memory and the mask; and the State."""
        memory: Memory | None = None
        if self.decoder is not None and self.target is not None:
            memory = None if self.encoder is None else self.read(batch)
            written = batch.inputs["target"]
            mask = written.mask
            values = written.values
            if self.scaling is not None and memory is not None and memory.scale is not None:
                values = self.scaling.apply_to(values, memory.scale)
            values = probe("target.values", values, time=1, mask=mask)
            vectors = probe("target.vectors", self.target(values), time=1, mask=mask)
            hidden, state = self.decoder(vectors, mask, state, memory)
        else:
            memory, state = self.encode(batch, state)
            hidden, mask = memory.outputs, memory.mask
        return hidden, memory, mask, state

    def encode(self, batch: Batch, state: State | None = None) -> tuple[Memory, State]:
        """Read the source of a batch and return its Memory and the encoder's State.

        `batch.inputs["places"]`, where it is there, names the steps that heads and bridges see (the first piece of
        each word); `batch.inputs["known"]` holds what is known of the steps to be forecast. An input of the name of one
        `beside` is read beside the source; the State returned is the source's alone. `batch.inputs["which"]` [batch]
        says which row of the source each row reads, where many ask of one.
        """
        if self.encoder is None or self.source is None:
            raise InputError("this model has no encoder.")
        read = batch.inputs["source"]
        if read.mask is None:
            raise ValueError("the source of a batch needs a mask")
        values, scale = read.values, None
        if self.scaling is not None:
            scale = self.scaling.measure(values, read.mask)
            values = self.scaling.apply_to(values, scale, self.scaling.flags)
        steps = self.source.steps(read.mask)
        values = probe("source.values", values, time=1, mask=read.mask)
        vectors = self.source(self.source.filled(values, read.mask))
        memory, state = self.encoder(probe("source.vectors", vectors, time=1, mask=steps), steps, state)
        if "places" in batch.inputs:
            places = batch.inputs["places"]
            if places.mask is None:
                raise ValueError("the places of a batch need a mask")
            memory = memory.at(places.values, places.mask)
        if "which" in batch.inputs:
            memory = memory.reorder(batch.inputs["which"].values)
        if self.fuse is not None:
            others = {name: branch(batch.inputs[name]) for name, branch in self.beside.items()}
            memory = self.fuse({"source": memory, **others})
        known = probe("known", batch.inputs["known"].values, time=1) if "known" in batch.inputs else None
        return replace(memory, scale=scale, known=known), state

    def read(self, batch: Batch) -> Memory:
        """Read the source and return what the decoder and the heads may see of it, their keys prepared.

        `batch.inputs["copy"]`, where it is there, holds the source in ids of the target's vocabulary and beyond.
        """
        memory, _ = self.encode(batch)
        memory = memory if self.bridge is None else self.bridge.view(memory)
        if "copy" in batch.inputs:
            memory = replace(memory, tokens=batch.inputs["copy"].values)
        keys = {name: self.heads[name].prepare(memory) for name in self.heads}  # type: ignore[operator]
        made = {} if self.decoder is None else self.decoder.prepare(memory)
        return replace(memory, keys={"decoder": made, "heads": keys})

    def step(
        self, ids: Tensor, state: State | None, memory: Memory | None = None, head: str = "words"
    ) -> tuple[Tensor, State]:
        """Read the next ids [batch, time] and return the logits after the last, [batch, vocabulary], and the State.

        The State is consumed. A copied id beyond the vocabulary is heard as unknown.
        """
        if self.decoder is None or self.target is None:
            raise InputError("this model has no decoder, so it cannot write.")
        ids = ids.masked_fill(ids >= self.target.vocabulary, UNK)  # type: ignore[operator]
        hidden, state = self.decoder(self.target(ids), None, state, memory)
        return self._head(head, hidden[:, -1:], memory, None)[:, 0], state

    def _head(self, name: str, hidden: Tensor, memory: Memory | None, mask: Tensor | None) -> Tensor:
        prepared = {} if memory is None else memory.keys.get("heads", {})
        out: Tensor = self.heads[name](hidden, memory, prepared.get(name), mask)
        return out

    def loss(self, outputs: Mapping[str, Tensor], batch: Batch) -> Losses:
        """Return each head's summed loss in nats and its count."""
        return {name: self.heads[name].loss(outputs[name], target) for name, target in batch.target.items()}  # type: ignore[operator]

    def counts(self, batch: Batch) -> dict[str, Tensor]:
        """Return the counts that `loss` will give, from the targets alone."""
        return {name: self.heads[name].count(target) for name, target in batch.target.items()}  # type: ignore[operator]

    @property
    def causal(self) -> bool:
        """Whether a sequence may come in pieces, the State of one going into the next."""
        if self.encoder is None or self.source is None:
            return True
        return self.encoder.causal and self.source.causal and self.scaling is None and self.fuse is None

    @property
    def carries(self) -> bool:
        """Whether training may carry the State from window to window."""
        return self.decoder is not None and self.decoder.carries

    def parameter_count(self) -> int:
        """Return the number of weights that learn; tied ones count once."""
        return sum(parameter.numel() for parameter in self.parameters() if parameter.requires_grad)
