"""The native search with whole models against decoding step by step, and what chooses between them."""

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from weakref import ref

import pytest
import torch
from translators import Translator, alone, forced, sources, translator

from seqloom.batch import Batch
from seqloom.decoding import engine
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.packed_model import packed_model
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import WORDS, decode
from seqloom.errors import InputError, NumberError
from seqloom.kernels.decoder_step import Precision
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.tape import Tape

LENGTHS = [3, 1, 4, 2]
SETTINGS = [
    Settings(beam=1, max_length=6),
    Settings(beam=4, best=4, max_length=6, length_penalty="gnmt", alpha=0.6),
    Settings(beam=2, best=2, max_length=7, min_length=2, no_repeat=1, forbidden=((6,), (5, 7))),
]


def drawn(seed: int, **parts: Any) -> Translator:
    """Draw a Transformer translator in float32 that has an engine."""
    parts = {"bridge": {"kind": "attention", "score": ["multihead", "scaled_dot", "general"][seed % 3]}, **parts}
    if parts["bridge"]["score"] == "multihead":
        parts["bridge"]["heads"] = 2
    made = translator(seed, "transformer", copies=False, **parts)
    made.model.float()
    return made


def same(got: list[list[Hypothesis]], wanted: list[list[Hypothesis]]) -> None:
    assert [[(one.ids, one.finished) for one in each] for each in got] == [
        [(one.ids, one.finished) for one in each] for each in wanted
    ]
    for own, other in zip(got, wanted, strict=True):
        for one, two in zip(own, other, strict=True):
            assert (one.logprob, one.score) == pytest.approx((two.logprob, two.score), abs=2e-5)
            assert one.token_logprobs == pytest.approx(two.token_logprobs, abs=2e-5)


def plainly(monkeypatch: pytest.MonkeyPatch, write: Callable[[], list[list[Hypothesis]]]) -> list[list[Hypothesis]]:
    with monkeypatch.context() as here:
        here.setenv(VARIABLE, "off")
        return write()


@pytest.fixture(autouse=True)
def natively(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was said by whoever chose, in order; "" where an engine wrote."""
    said: list[str] = []

    def writer(*given: Any) -> Any:
        made = chosen(*given)
        said.append(made if isinstance(made, str) else "")
        return made

    chosen = engine.writer
    monkeypatch.setattr("seqloom.decoding.writer.writer", writer)
    yield said


@pytest.mark.parametrize("seed", range(12))
def test_a_transformer_writes_what_it_writes_step_by_step(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, natively: list[str], seed: int
) -> None:
    """Norms, positions, readers and heads as drawn; sources of all lengths, one of them empty."""
    own = drawn(seed)
    batch = sources(own, [*LENGTHS, 0] if seed % 2 else LENGTHS)
    prefixes = [[5] * (row % 2) for row in range(len(LENGTHS) + seed % 2)]
    for asked in SETTINGS:

        def write(asked: Settings = asked) -> list[list[Hypothesis]]:
            return decode([own.model], batch, asked, prefixes=prefixes)

        got = write()
        assert natively[-1] == ""
        same(got, plainly(monkeypatch, write))


@pytest.mark.parametrize("level", ["avx2", "avx512", "vnni"])
@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_a_rounded_model_scores_as_teacher_forcing_does(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, natively: list[str], precision: Any, level: str
) -> None:
    """The same rounding in the native step and in the whole-sequence pass of the packed model."""
    monkeypatch.setenv(VARIABLE, level)
    for seed in range(3):
        own = drawn(seed)
        rounded = replace(own, model=packed_model(own.model, precision))
        batch = sources(own, LENGTHS)
        answers = decode([rounded.model], batch, Settings(beam=3, best=3, max_length=5))
        assert natively[-1] == ""
        for row, hypotheses in enumerate(answers):
            for one in hypotheses:
                after = forced(rounded, alone(batch, row), [one.ids])[0]
                wanted = [float(after[time, token]) for time, token in enumerate(one.ids)]
                assert one.token_logprobs[: len(one.ids)] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("level", ["avx2", "avx512", "vnni"])
@pytest.mark.parametrize(("size", "heads"), [(80, 1), (160, 2), (64, 4), (72, 2)])
def test_heads_as_wide_as_vectors_and_more_keys_than_are_taken_together(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, natively: list[str], level: str, size: int, heads: int
) -> None:
    """Heads of one vector, of several, and of parts of one; sources and answers of more steps than four."""
    monkeypatch.setenv(VARIABLE, level)
    decoder = {"kind": "transformer", "size": size, "heads": heads, "inner": 5, "layers": 2, "dropout": 0.0}
    own = drawn(0, decoder=decoder, bridge={"kind": "attention", "score": "multihead", "heads": heads})
    with torch.no_grad():
        for weight in own.model.parameters():
            weight.mul_(0.3)
    batch = sources(own, [9, 1, 4, 7])
    for asked in (Settings(beam=1, min_length=10, max_length=11), Settings(beam=3, best=3, min_length=6, max_length=9)):

        def write(asked: Settings = asked) -> list[list[Hypothesis]]:
            return decode([own.model], batch, asked)

        got = write()
        assert natively[-1] == ""
        same(got, plainly(monkeypatch, write))


@pytest.mark.parametrize("seed", range(4))
def test_without_a_source_it_goes_on_from_prefixes(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, natively: list[str], seed: int
) -> None:
    from seqloom.build import Wiring, build
    from seqloom.spec import SideSpec, Spec

    decoder = {"kind": "transformer", "size": 6, "heads": 1, "inner": 7, "layers": 2, "dropout": 0.0}
    decoder |= {
        "positions": ["learned", "sinusoidal", "rotary", "none"][seed],
        "activation": ["gelu", "relu"][seed % 2],
    }
    spec = Spec(
        task="language", target=SideSpec(size=6 if seed else 5), decoder=decoder, heads={"words": {"kind": "tokens"}}
    )
    torch.manual_seed(seed)
    model = build(spec, Wiring(target=11)).eval()
    prefixes: Sequence[Sequence[int]] = [[5, 6, 7], [8], [9, 9]]

    def write() -> list[list[Hypothesis]]:
        return decode([model], Batch({}), Settings(beam=3, best=2, max_length=9), prefixes=prefixes)

    got = write()
    assert natively[-1] == ""
    same(got, plainly(monkeypatch, write))


@pytest.mark.parametrize("precision", [None, "int8"])
@pytest.mark.parametrize("family", ["transformer", "recurrent"])
def test_what_is_packed_goes_with_its_model(native_library: Library, family: str, precision: Precision | None) -> None:
    own = translator(0, family, copies=False, bridge={"kind": "attention", "score": "scaled_dot"})
    own.model.float()
    model = own.model if precision is None else packed_model(own.model, precision)
    assert isinstance(engine.writer([model], Settings(), WORDS), engine.Writer)
    left = ref(model)
    del model, own
    gc.collect()
    assert left() is None


def test_two_threads_change_nothing(native_library: Library) -> None:
    own = drawn(0)
    batch = sources(own, [1, 2, 3, 4, 5, 3, 2])
    asked = Settings(beam=3, best=2, max_length=6)
    wanted = decode([own.model], batch, asked)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        same(decode([own.model], batch, asked), wanted)
    finally:
        torch.set_num_threads(before)


def test_it_follows_weights_that_change(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    own = drawn(3)
    batch, asked = sources(own, LENGTHS), Settings(beam=3, max_length=6)

    def write() -> list[list[Hypothesis]]:
        return decode([own.model], batch, asked)

    before = write()
    with torch.no_grad():
        for weight in own.model.parameters():
            weight.mul_(-1.3)
    after = write()
    assert after != before
    same(after, plainly(monkeypatch, write))
    for part in own.model.modules():  # replaced, not written to
        if isinstance(part, torch.nn.Linear):
            part.weight = torch.nn.Parameter(part.weight.detach() * 0.5)
    same(write(), plainly(monkeypatch, write))


def test_a_mask_that_is_no_prefix(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several inputs each part of a Memory has a prefix of its own."""
    own = drawn(3)
    batch, asked = sources(own, LENGTHS), Settings(beam=3, max_length=6)
    read = SequenceModel.read

    def holed(model: SequenceModel, given: Batch) -> Memory:
        memory = read(model, given)
        mask = memory.mask.clone()
        mask[:, 0] = False
        mask[0, 2] = False
        return replace(memory, mask=mask)

    monkeypatch.setattr(SequenceModel, "read", holed)

    def write() -> list[list[Hypothesis]]:
        return decode([own.model], batch, asked)

    same(write(), plainly(monkeypatch, write))


def test_what_no_engine_writes_is_written_step_by_step(
    native_library: Library, monkeypatch: pytest.MonkeyPatch, natively: list[str]
) -> None:
    own = drawn(0)
    batch = sources(own, LENGTHS)
    short = Settings(beam=2, max_length=4)

    def reason(asked: Settings = short, models: Sequence[Any] = (own.model,)) -> str:
        decode(models, batch, asked)
        return natively[-1]

    assert reason() == ""
    assert reason(models=[own.model, own.model]) == "an ensemble"
    assert reason(Settings(samples=2, max_length=4)) == "samples are drawn"
    assert reason(replace(short, coverage=0.1)) == "the coverage penalty looks at attention"
    with Tape(own.model, only="decoder.*"):
        assert reason() == "a Tape or a Patch is on"
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert reason() == "autocast is on"
    additive = drawn(1, bridge={"kind": "attention", "score": "additive"})
    assert "Additive" in reason(models=[additive.model])
    copies = translator(1, "transformer", copies=True, bridge={"kind": "attention", "score": "multihead", "heads": 2})
    copies.model.float()
    batch = sources(copies, LENGTHS)
    assert "copy" in reason(models=[copies.model])
    batch = sources(own, LENGTHS)
    own.model.double()
    assert reason() == "its weights are not float32 on a CPU"


def test_the_same_errors(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    own = drawn(0)
    batch = sources(own, [2])

    def both(asked: Settings, prefix: Sequence[int] = ()) -> str:
        def write() -> list[list[Hypothesis]]:
            return decode([own.model], batch, asked, prefixes=[prefix])

        with pytest.raises((InputError, NumberError)) as caught:
            write()
        with pytest.raises((InputError, NumberError)) as plain:
            plainly(monkeypatch, write)
        assert str(caught.value) == str(plain.value)
        return str(caught.value)

    assert "leaves no room" in both(Settings(beam=1, max_length=2), [5, 6])
    assert "vocabulary ends" in both(Settings(beam=2, max_length=5, forbidden=((99,),)))
    assert "the end of an answer" in both(Settings(beam=2, max_length=5), [Settings().eos])
    with torch.no_grad():
        own.model.heads[WORDS].bias[5] = torch.nan
    assert "no token can follow" in both(Settings(beam=2, max_length=5))
