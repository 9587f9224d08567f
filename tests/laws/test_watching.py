"""A Tape only listens: it changes no output and no gradient, hears every probe, and leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager

import grid
import pytest
import torch
from grid import Case, close
from torch import Tensor, nn

from seqloom import tape as tapes
from seqloom.batch import Batch
from seqloom.cells import CELLS
from seqloom.encoders import cell_of
from seqloom.model import SequenceModel
from seqloom.tape import Patch, Tape

LENGTHS = (6, 3, 0, 5)


def numbers(model: SequenceModel, batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Run with one seed: outputs, and the gradients of the loss."""
    torch.manual_seed(11)
    outputs, _ = model(batch)
    loss = torch.stack([value for value, _ in model.loss(outputs, batch).values()]).sum()
    return outputs, grid.gradients(model, loss)


@contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Assert that what is done inside leaves no hook and no watcher."""
    yield
    for module in model.modules():
        hooks = [module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks]
        assert not any(hooks)
    assert tapes._watchers.get() == ()
    assert tapes._sequence.get() is None


def a_tape_changes_nothing(model: SequenceModel, batch: Batch) -> None:
    wanted, slopes = numbers(model, batch)
    for grad in (False, True):
        with untouched(model), Tape(model, grad=grad) as tape:
            outputs, got = numbers(model, batch)
        close(outputs, wanted)
        close(got, slopes)
        assert len(tape) or not list(model.modules())
    again, same = numbers(model, batch)
    assert all(torch.equal(again[name], wanted[name]) for name in wanted)
    assert all(torch.equal(same[name], slopes[name]) for name in slopes)


@pytest.mark.parametrize("case", grid.ENCODER_CASES, ids=str)
def test_a_tape_changes_nothing_of_a_classifier(case: Case) -> None:
    if cell_of(case.kind) or case.kind == "transformer":
        a_tape_changes_nothing(grid.classifier(case), grid.labelled(grid.texts(LENGTHS), junk=1))


@pytest.mark.parametrize("case", grid.DECODER_CASES, ids=str)
def test_a_tape_changes_nothing_of_a_writer(case: Case) -> None:
    a_tape_changes_nothing(grid.writer(case), grid.written(grid.texts([n + 1 for n in LENGTHS]), junk=1))


@pytest.mark.parametrize("case", grid.NOISY_ENCODERS, ids=str)
def test_a_tape_changes_nothing_while_a_classifier_trains(case: Case) -> None:
    if cell_of(case.kind) or case.kind == "transformer":
        a_tape_changes_nothing(grid.classifier(case).train(), grid.labelled(grid.texts(LENGTHS), junk=1))


@pytest.mark.parametrize("case", grid.NOISY_DECODERS, ids=str)
def test_a_tape_changes_nothing_while_a_writer_trains(case: Case) -> None:
    a_tape_changes_nothing(grid.writer(case).train(), grid.written(grid.texts([n + 1 for n in LENGTHS]), junk=1))


@pytest.mark.parametrize("case", grid.NOISY_ENCODERS, ids=str)
def test_dropout_acts_in_training_and_never_in_evaluation(case: Case) -> None:
    model, batch = grid.classifier(case), grid.labelled(grid.texts(LENGTHS))
    still = grid.classifier(Case(case.kind, {**case.given, "dropout": 0.0}) if "dropout" in case.given else case)
    wanted = still(batch)[0]["label"]
    torch.manual_seed(1)
    assert torch.equal(model(batch)[0]["label"], wanted)
    torch.manual_seed(2)
    assert torch.equal(model(batch)[0]["label"], wanted)
    model.train()
    torch.manual_seed(1)
    first = model(batch)[0]["label"]
    torch.manual_seed(2)
    assert not torch.equal(first, model(batch)[0]["label"])


@pytest.mark.parametrize("case", grid.NOISY_DECODERS, ids=str)
def test_dropout_never_touches_what_is_written(case: Case) -> None:
    decoder = grid.decoder_of(case)
    x = grid.vectors([5])[0][None]
    torch.manual_seed(1)
    wanted, _ = decoder(x, None)
    torch.manual_seed(2)
    assert torch.equal(decoder(x, None)[0], wanted)
    decoder.train()
    assert not torch.equal(decoder(x, None)[0], decoder(x, None)[0])


@pytest.mark.parametrize("case", grid.CELL_CASES, ids=str)
def test_a_cell_offers_the_probes_it_names(case: Case) -> None:
    """`probes` decides when the fast scan must give way: a name missing there would never be heard."""
    encoder = grid.encoder_of(Case(case.kind, {**case.given, "bidirectional": True}))
    x, mask = grid.joined(grid.vectors(LENGTHS))
    with Tape(encoder) as tape:
        memory, _ = encoder(x, mask)
    cell = CELLS[case.kind]
    ways = ["forwards", "backwards"]
    assert set(tape) == {f"stack.cells.0.{way}.{probe}" for way in ways for probe in cell.probes}  # type: ignore[attr-defined]
    for name, values in tape.items():
        assert values.shape[:2] == mask.shape and not values[~mask].any(), name
    close(torch.cat([tape[f"stack.cells.0.{way}.h"] for way in ways], -1), memory.outputs)


@pytest.mark.parametrize("case", grid.CELL_CASES, ids=str)
def test_each_probe_alone_is_heard_and_can_be_changed(case: Case) -> None:
    encoder = grid.encoder_of(case)
    x, mask = grid.joined(grid.vectors(LENGTHS))
    wanted, _ = encoder(x, mask)
    for probe in CELLS[case.kind].probes:  # type: ignore[attr-defined]
        with Tape(encoder, only=f"*.{probe}") as tape:
            encoder(x, mask)
        assert list(tape) == [f"stack.cells.0.forwards.{probe}"]
        with Patch(encoder, {f"*.{probe}": lambda value: value + 0.25}):
            changed, _ = encoder(x, mask)
        assert (changed.summary[0] - wanted.summary[0]).abs().max() > 1e-3, probe


class Broken(Exception):
    """What a module raises in the tests below."""


def breaks(*_: object) -> None:
    raise Broken


@pytest.mark.parametrize("by", ["forward", "a hook"])
@pytest.mark.parametrize("case", grid.ENCODER_KINDS, ids=str)
def test_nothing_is_left_after_an_exception(case: Case, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that fails, by itself or by a hook of someone else, leaves a Tape that knows where it is."""
    model, batch = grid.classifier(case), grid.labelled(grid.texts(LENGTHS))
    wanted, _ = numbers(model, batch)
    with Tape(model) as whole:
        model(batch)
    last = model.heads["label"]
    with untouched(model), Tape(model, grad=True) as tape:
        with monkeypatch.context() as patch:
            handle = last.register_forward_pre_hook(breaks) if by == "a hook" else None
            if handle is None:
                patch.setattr(last, "forward", breaks)
            with pytest.raises(Broken):
                model(batch)
            if handle is not None:
                handle.remove()
        tape.clear()
        model(batch)
        assert list(tape) == list(whole)
    with pytest.raises(Broken), untouched(model), Tape(model):
        raise Broken
    outputs, _ = numbers(model, batch)
    assert torch.equal(outputs["label"], wanted["label"])
