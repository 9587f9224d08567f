"""A model in a precision: what is packed, what is rounded, and that the model it is of stays as it is."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn
from translators import Translator, sources, translator

from seqloom.batch import Batch, Field
from seqloom.cells.cell import Cell
from seqloom.decoders.transformer import TransformerDecoder
from seqloom.decoding.packed_model import kept_at, packed_model, rounded_weight
from seqloom.encoders.transformer import TransformerEncoder
from seqloom.errors import InputError
from seqloom.kernels.decoder_step import PRECISIONS, Precision
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.layers.packed import PackedLinear
from seqloom.model import SequenceModel


def drawn(family: str) -> Translator:
    """Draw a translator of float32 with a recurrent encoder."""
    parts = {"encoder": {"kind": "lstm", "size": 4}, "bridge": {"kind": "attention", "score": "scaled_dot"}}
    made = translator(1, family, copies=False, **parts)
    made.model.float()
    return made


def logits(model: SequenceModel, own: Translator) -> Tensor:
    batch = sources(own, [3, 2])
    written = torch.tensor([[1, 5, 6], [1, 6, 7]])
    target = Field(written, torch.ones_like(written, dtype=torch.bool))
    with torch.no_grad():
        out: Tensor = model(Batch({**batch.inputs, "target": target}))[0]["words"]
    return out


@pytest.mark.parametrize("family", ["recurrent", "transformer"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_layer_is_packed_and_the_model_stays(family: str, precision: Precision) -> None:
    own = drawn(family)
    before = deepcopy(own.model.state_dict())
    whole = logits(own.model, own)
    quick = packed_model(own.model, precision)
    assert all(isinstance(part, PackedLinear) for part in quick.modules() if isinstance(part, nn.Linear))
    assert quick.precision == precision
    assert own.model.precision is None
    near = {"float32": 1e-5, "bf16": 0.2, "int8": 0.2}[precision]
    got = logits(quick, own)
    torch.testing.assert_close(got, whole, atol=near, rtol=0)
    assert torch.equal(logits(own.model, own), whole)
    assert all(torch.equal(value, before[name]) for name, value in own.model.state_dict().items())
    assert precision == "float32" or (got - whole).abs().max() > 1e-4  # it does round


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_cells_read_rounded_weights(precision: Precision) -> None:
    own = drawn("recurrent")
    cells = [part for part in packed_model(own.model, precision).modules() if isinstance(part, Cell)]
    whole = [part for part in own.model.modules() if isinstance(part, Cell)]
    assert cells
    for cell, other in zip(cells, whole, strict=True):
        for (name, weight), was in zip(cell.named_parameters(), other.parameters(), strict=True):
            assert torch.equal(weight, rounded_weight(was, precision) if was.dim() == 2 else was), name


def test_a_rounded_weight_is_within_half_a_step() -> None:
    weight = torch.randn(5, 300)
    off = (rounded_weight(weight, "int8") - weight).abs()
    assert (off <= weight.abs().amax(1, keepdim=True) / 127 * 0.5001).all()
    assert torch.equal(rounded_weight(weight, "bf16"), weight.bfloat16().float())
    again = rounded_weight(rounded_weight(weight, "int8"), "int8")
    torch.testing.assert_close(again, rounded_weight(weight, "int8"), rtol=1e-6, atol=0)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_plain_form_gives_the_same_numbers(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, precision: Precision
) -> None:
    own = drawn("transformer")
    quick = packed_model(own.model, precision)
    native = logits(quick, own)
    monkeypatch.setenv(VARIABLE, "off")
    torch.testing.assert_close(logits(quick, own), native, atol=2e-5, rtol=0)


def test_it_is_kept_until_a_weight_changes() -> None:
    own = drawn("transformer")
    first = kept_at(own.model, "int8")
    assert kept_at(own.model, "int8") is first
    assert kept_at(own.model, "bf16") is not first
    before = logits(first, own)
    with torch.no_grad():
        next(own.model.parameters()).mul_(2)
    assert kept_at(own.model, "int8") is not first
    assert not torch.equal(logits(kept_at(own.model, "int8"), own), before)


def test_what_cannot_be_is_refused() -> None:
    own = drawn("transformer")
    with pytest.raises(InputError, match="precision=int4 is not known: float32, bf16, int8"):
        kept_at(own.model, "int4")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="precision=int8 already"):
        kept_at(packed_model(own.model, "int8"), "bf16")
    with pytest.raises(InputError, match="is for a CPU"):
        packed_model(own.model.to("meta"), "int8")


@pytest.mark.parametrize("precision", PRECISIONS)
def test_keys_and_values_of_all_readers_are_projected_at_once(native_library: Library, precision: Precision) -> None:
    """To the bit what each layer makes of it, also of a copy and after a weight changed."""
    own = translator(1, "transformer", copies=False, bridge={"kind": "attention", "score": "multihead", "heads": 2})
    own.model.float()
    batch = sources(own, [3, 0, 2])
    quick = packed_model(own.model, precision)
    for model in (quick, deepcopy(quick)):
        decoder: TransformerDecoder = model.decoder  # type: ignore[assignment]
        with torch.inference_mode():
            before = model.read(batch)
            assert decoder.together is not None
            assert decoder.together.usable(before.outputs)
            made, wanted = before.keys["decoder"], decoder.stack.prepare(before)
            for number, reader in wanted.items():
                for name, one in reader.items():
                    assert torch.equal(made[number][name], one)
        with torch.no_grad():
            decoder.stack.readers()[0].get_parameter("value.bias").add_(1)
            after = model.read(batch).keys["decoder"]["0"]["values"]
        torch.testing.assert_close(after, made["0"]["values"] + 1)
    with torch.enable_grad():
        assert not decoder.together.usable(before.outputs.clone())


@pytest.mark.parametrize("family", ["recurrent", "transformer"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_transformer_that_reads_is_packed_whole(native_library: Library, family: str, precision: Precision) -> None:
    own = translator(2, family, copies=False, encoder={"kind": "transformer", "size": 6, "heads": 2, "layers": 2})
    own.model.float()
    quick = packed_model(own.model, precision)
    encoder: TransformerEncoder = quick.encoder  # type: ignore[assignment]
    asked: list[Tensor] = []
    assert encoder.packed is not None
    run = encoder.packed.run
    encoder.packed.run = lambda x, mask: asked.append(x) or run(x, mask)  # type: ignore[func-returns-value, method-assign]
    with torch.inference_mode():
        got = quick.encode(sources(own, [3, 0, 2]))[0]
        assert asked
        encoder.packed = None
        wanted = quick.encode(sources(own, [3, 0, 2]))[0]
    torch.testing.assert_close(got.outputs, wanted.outputs, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(got.summary, wanted.summary, rtol=1e-5, atol=1e-5)
