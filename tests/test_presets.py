"""Every preset builds in every structure it claims, and refuses the others with a reason."""

from typing import Any

import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.bridges.additive import Additive
from seqloom.bridges.context import Context
from seqloom.bridges.general import General
from seqloom.bridges.multihead import MultiHead
from seqloom.build import Wiring, build
from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.decoders.bahdanau import Bahdanau
from seqloom.decoders.gnmt import GNMT
from seqloom.decoders.luong import Luong
from seqloom.decoders.start import Copy
from seqloom.encoders.transformer import TransformerEncoder
from seqloom.errors import InputError
from seqloom.fronts.front import MediaShape
from seqloom.override import override
from seqloom.plan import merge
from seqloom.presets import PRESETS, preset
from seqloom.spec import parse

HEADS = {"summary": {"label": {"kind": "label"}}, "language": {"words": {"kind": "tokens"}}}
NAMED = {"mlp", "rnn", "lstm", "gru", "birnn", "bilstm", "bigru", "deep-lstm"}
NAMED |= {"transformer", "gpt", "mingru", "minlstm", "bag"}
NAMED |= {"seq2seq", "cho", "bahdanau", "luong", "gnmt", "gnmt-small", "transformer-base"}
NAMED |= {"ctc", "listen-attend-spell"}


@pytest.mark.parametrize("structure", ["summary", "language"])
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_builds_or_says_why_not(name: str, structure) -> None:  # type: ignore[no-untyped-def]
    wiring = Wiring(source=20, target=20, labels={"label": (["a", "b"], [1, 1])})
    try:
        parts = preset(name, structure)
    except InputError as error:
        assert f"architecture '{name}' cannot do this task: " in str(error) and "These can: " in str(error)
        return
    spec = parse({"task": "x", "source": {}, "target": {}, "heads": HEADS[structure], **parts})
    model = build(spec, wiring)
    assert (model.encoder is None) == (structure == "language") and (model.decoder is None) == (structure == "summary")
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def built(name: str, *settings: str, device: str = "meta") -> Any:
    """Build a preset from sequence to sequence, without room for its weights, which may be many, unless told."""
    spec = {"task": "x", "source": {}, "target": {}, "heads": HEADS["language"], **preset(name, "sequence")}
    override(spec, settings)
    with torch.device(device):
        return build(parse(spec), Wiring(source=20, target=20))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_turns_one_sequence_into_another_or_says_why_not(name: str) -> None:
    try:
        preset(name, "sequence")
    except InputError as error:
        assert f"architecture '{name}' cannot do this task: " in str(error)
        assert name in ("gpt", "ctc", "vqa-lstm", "stacked-attention"), "what has no decoder, or nothing else"
        return
    model = built(name, device="meta" if name == "gnmt" else "cpu")
    assert model.encoder is not None and model.bridge is not None and model.decoder is not None
    if name != "gnmt":  # a quarter of a billion weights, of the same parts as gnmt-small
        ids, mask = torch.tensor([[5, 6, 7], [8, 9, 0]]), torch.tensor([[True] * 3, [True, True, False]])
        outputs, _ = model(Batch({"source": Field(ids, mask), "target": Field(ids, mask)}))
        assert outputs["words"].shape == (2, 3, 20) and outputs["words"].isfinite().all()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_a_question_beside_a_picture_or_says_why_not(name: str) -> None:
    values: dict[str, Any] = {
        "task": "vqa",
        "source": {"tokens": "image", "size": 8, "front": {"kind": "patches", "patch": 8}},
        "target": {},
        "encoder": {"kind": "bag"},
        "beside": {"question": {"size": 8, "encoder": {"kind": "gru", "size": 8}}},
        "fuse": {"kind": "attend", "size": 8},
        "heads": HEADS["summary"],
    }
    try:
        merge(values, preset(name, "joined"))
    except InputError as error:
        assert f"architecture '{name}' cannot do this task: " in str(error)
        return
    shape = MediaShape("image", (16, 16, 3))
    labels = {"label": (["a", "b"], [1, 1])}
    model = build(parse(values), Wiring(labels=labels, media=shape, beside={"question": Wiring(source=20)}))
    picture = Field(torch.rand(2, 16, 16, 3), torch.ones(2, 16, dtype=torch.bool))
    ids, mask = torch.tensor([[5, 6, 7], [8, 9, 0]]), torch.tensor([[True] * 3, [True, True, False]])
    outputs, _ = model(Batch({"source": picture, "question": Field(ids, mask)}))
    assert outputs["label"].shape == (2, 1) and outputs["label"].isfinite().all()


def test_architectures_of_pictures_are_what_their_papers_say() -> None:
    attend = built("show-attend-tell")
    assert isinstance(attend.decoder.wiring, Bahdanau) and isinstance(attend.decoder.wiring.reader, Additive)
    tell = built("show-tell")
    assert isinstance(tell.bridge, Context) and not tell.bridge.reads, "the picture is heard once, at the start"
    asked = preset("vqa-lstm", "joined")
    assert asked["fuse"]["kind"] == "multiply" and asked["beside"]["question"]["encoder"]["layers"] == 2
    assert preset("stacked-attention", "joined")["fuse"] == {"kind": "attend", "size": 256, "hops": 2}
    for name in ("vqa-lstm", "show-tell"):
        with pytest.raises(InputError, match=f"architecture '{name}' cannot do this task: it"):
            preset(name, "summary")


@pytest.mark.parametrize(("name", "layers", "size"), [("gnmt", 8, 1024), ("gnmt-small", 4, 256)])
def test_gnmt_is_as_wide_and_deep_as_its_paper_says(name: str, layers: int, size: int) -> None:
    model = built(name)
    encoder, decoder = model.encoder.stack, model.decoder.stack
    assert encoder.ways == [("forwards", "backwards"), *[("forwards",)] * (layers - 1)]
    assert decoder.ways == [("forwards",)] * layers
    assert all(
        isinstance(cell, LSTM) and cell.size == size for part in (encoder, decoder) for *_, cell in part.each_cell()
    )
    assert encoder.residual_from == decoder.residual_from == 3
    assert isinstance(model.decoder.wiring, GNMT) and isinstance(model.decoder.wiring.reader, Additive)
    assert [cell.input_size for *_, cell in decoder.each_cell()] == [2 * size] * layers, "every layer hears the context"


def test_the_base_transformer_is_as_wide_and_deep_as_its_paper_says() -> None:
    model = built("transformer-base")
    for part in (model.encoder, model.decoder):
        assert len(part.stack.blocks) == 6 and part.stack.size == 512 == part.output_size
        for block in part.stack.blocks:
            assert block.attention.heads == 8 and block.attention.query.weight.shape == (512, 512)
            assert block.feed.up.weight.shape == (2048, 512)
    for reader in model.decoder.stack.readers():
        assert isinstance(reader, MultiHead) and reader.heads == 8 and reader.key.weight.shape == (512, 512)
    assert model.heads["words"].weight is model.target.table.weight
    post = built("transformer-base", "encoder.norm=post", "encoder.activation=relu")
    assert [one.encoder.stack.blocks[0].norm for one in (model, post)] == ["pre", "post"]


def test_the_others_are_wired_as_their_papers_say() -> None:
    sutskever = built("seq2seq")
    assert sutskever.encoder.reverse and not sutskever.bridge.reads and sutskever.decoder.wiring is None
    assert isinstance(sutskever.decoder.first, Copy) and len(sutskever.decoder.stack.ways) == 2
    assert not built("seq2seq", "encoder.reverse=false").encoder.reverse
    cho = built("cho")
    assert isinstance(cho.bridge, Context) and cho.bridge.reads and not cho.decoder.wiring.reader.asks
    assert isinstance(cho.decoder.stack.cell(0, "forwards"), GRU) and cho.bridge.seen.size == 512
    bahdanau = built("bahdanau")
    assert isinstance(bahdanau.decoder.wiring, Bahdanau) and isinstance(bahdanau.decoder.wiring.reader, Additive)
    assert bahdanau.encoder.output_size == 512 and bahdanau.encoder.stack.ways == [("forwards", "backwards")]
    luong = built("luong")
    assert isinstance(luong.decoder.wiring, Luong) and luong.decoder.wiring.feed
    assert isinstance(luong.decoder.wiring.reader, General) and len(luong.encoder.stack.ways) == 2


def test_parts_may_be_mixed_by_their_keys() -> None:
    model = built("bahdanau", "encoder=transformer", "decoder=gru")
    assert isinstance(model.encoder, TransformerEncoder) and isinstance(model.decoder.stack.cell(0, "forwards"), GRU)
    assert isinstance(built("transformer", "decoder=lstm").decoder.wiring, Bahdanau)


def test_every_preset_that_was_promised_is_there_and_names_its_paper() -> None:
    assert set(PRESETS) >= NAMED
    assert all(any(digit.isdigit() for digit in one.paper) for one in PRESETS.values())


def test_what_reads_ahead_cannot_write_and_what_writes_is_no_encoder() -> None:
    with pytest.raises(InputError, match="it would read the tokens it has yet to write; take 'lstm'"):
        preset("bilstm", "language")
    with pytest.raises(InputError, match="take 'transformer'"):
        preset("gpt", "summary")
    with pytest.raises(InputError, match="unknown architecture 'lstn'; did you mean 'lstm'"):
        preset("lstn", "summary")


def test_an_expansion_is_a_copy() -> None:
    preset("lstm", "summary")["encoder"]["size"] = 1
    assert preset("lstm", "summary")["encoder"]["size"] != 1


def test_a_preset_of_pictures_is_for_tasks_that_read_pictures() -> None:
    assert preset("show-tell", "sequence", ("image", "video"))["source"]["tokens"] == "image"
    with pytest.raises(InputError, match=r"it reads pictures, and this task does not. These can: .*lstm"):
        preset("show-tell", "sequence", ())
    with pytest.raises(InputError, match="it reads recordings, and this task does not") as error:
        preset("ctc", "steps", ("image",))
    assert "cnn" not in str(error.value) and "lrcn" not in str(error.value)
