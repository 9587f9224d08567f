"""One update: the same from one batch or several, clipped as asked, and none at all where a number is not finite."""

import copy

import pytest
import torch
from torch import Tensor
from toys import Batches, classifier, labelled, weights_of, windows, writer

from seqloom.batch import Batch, Field
from seqloom.decoding.scheduled import mix
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec
from seqloom.state import tensors
from seqloom.training.optimizers import build_optimizer
from seqloom.training.update import Bad, Done, Updater, shown


def updater(model: SequenceModel, carries: bool = False, **fit: object) -> Updater:
    spec = FitSpec.model_validate({"optimizer": "sgd", "clip": None, **fit})
    return Updater(model, build_optimizer(model, spec), Batches([], carries), spec)


def close(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("head", [{}, {"class_weights": "balanced"}, {"smoothing": 0.1}])
def test_two_halves_equal_the_whole(head: dict[str, object]) -> None:
    """Ragged rows, and halves of unlike counts: the loss is the mean over all rows, not a mean of means."""
    lengths = [7, 3, 1, 5, 2]
    whole = labelled(lengths)
    halves = [part(whole, slice(0, 4)), part(whole, slice(4, 5))]
    one, two = classifier(**head), classifier(**head)
    first, second = updater(one).update([whole], 0.5), updater(two).update(halves, 0.5)
    assert isinstance(first, Done) and isinstance(second, Done)
    assert first.loss == pytest.approx(second.loss, abs=1e-12)
    assert first.norm == pytest.approx(second.norm, abs=1e-12)
    assert (first.tokens, second.tokens) == (18, 18)
    close(weights_of(one), weights_of(two))
    # and it is no step of nothing
    assert not torch.equal(
        weights_of(one)["heads.label.out.weight"], weights_of(classifier())["heads.label.out.weight"]
    )


def part(batch: Batch, rows: slice) -> Batch:
    source, target = batch.inputs["source"], batch.target["label"]
    assert source.mask is not None
    taken = Field(source.values[rows], source.mask[rows])
    tokens = int(source.mask[rows].sum())
    return Batch({"source": taken}, {"label": Field(target.values[rows])}, batch.rows[rows], tokens)


def test_a_batch_is_weighted_by_the_targets_that_count() -> None:
    """Language: windows of 16 and of 2 counted targets give the mean over all 18."""
    batches = windows(2)
    mask = torch.zeros(3, 6, dtype=torch.bool)
    mask[1, 2:4] = True
    lean = Batch(batches[1].inputs, {"words": Field(batches[1].target["words"].values, mask, prefix=False)}, (), 18)
    model = writer()
    sums = [float(model.loss(model(batch)[0], batch)["words"][0].detach()) for batch in (batches[0], lean)]
    done = updater(model).update([batches[0], lean], 0.1)
    assert isinstance(done, Done)
    assert done.loss == pytest.approx(sum(sums) / 18, rel=1e-6)
    assert done.losses == {"words": pytest.approx(done.loss)}


def test_state_goes_from_batch_to_batch_and_its_gradient_does_not() -> None:
    batches, model = windows(3), writer()
    start = copy.deepcopy(model)
    runner = updater(model, carries=True)
    runner.update(batches[:1], 0.1)
    assert runner.state is not None and not any(value.requires_grad for value in tensors(runner.state))
    _, state = start(batches[0])
    with torch.no_grad():
        for ours, theirs in zip(tensors(runner.state), tensors(state), strict=True):
            torch.testing.assert_close(ours, theirs)
    # the second update's gradient is that of its own window from a fixed State
    twin = copy.deepcopy(model)
    outputs, _ = twin(batches[1], runner.state)
    total, count = twin.loss(outputs, batches[1])["words"]
    (total / count).backward()
    runner.update([batches[1]], 0.1)
    for (name, ours), theirs in zip(model.named_parameters(), twin.parameters(), strict=True):
        assert ours.grad is not None and theirs.grad is not None
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-12, msg=name)


def test_without_carrying_every_batch_starts_empty() -> None:
    batches, model = windows(2), writer()
    runner = updater(model)
    runner.update(batches, 0.1)
    assert runner.state is None


def norm(gradients: list[Tensor]) -> float:
    return float(torch.cat([gradient.flatten() for gradient in gradients]).norm())


def plain_gradients(model: SequenceModel, batch: Batch) -> list[Tensor]:
    total, count = model.loss(model(batch)[0], batch)["label"]
    return list(torch.autograd.grad(total / count, list(model.parameters())))


@pytest.mark.parametrize("by", ["norm", "value"])
def test_clipping(by: str) -> None:
    model, batch = classifier(), labelled([4, 2, 6])
    before, gradients = weights_of(model), plain_gradients(model, batch)
    limit = norm(gradients) / 3 if by == "norm" else 0.01
    done = updater(model, clip=limit, clip_by=by).update([batch], 1.0)
    assert isinstance(done, Done)
    if by == "norm":
        clipped = [gradient / 3 for gradient in gradients]
    else:
        clipped = [gradient.clamp(-0.01, 0.01) for gradient in gradients]
    for (name, parameter), gradient in zip(model.named_parameters(), clipped, strict=True):
        torch.testing.assert_close(parameter.detach(), before[name] - gradient, rtol=1e-4, atol=1e-9)
    assert done.norm == pytest.approx(norm(gradients), rel=1e-6)
    assert done.clipped == pytest.approx(norm(clipped), rel=1e-4)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
def test_every_update_is_counted_for_who_holds_weights_packed(optimizer: str) -> None:
    model = classifier()
    before = [parameter._version for parameter in model.parameters()]
    updater(model, optimizer=optimizer).update([labelled([4, 2])], 0.1)
    assert all(now._version > then for now, then in zip(model.parameters(), before, strict=True))


def test_a_gradient_below_the_limit_is_left_alone() -> None:
    model, batch = classifier(), labelled([4, 2])
    before, gradients = weights_of(model), plain_gradients(model, batch)
    done = updater(model, clip=1e3).update([batch], 1.0)
    assert isinstance(done, Done) and done.norm == done.clipped
    for (name, parameter), gradient in zip(model.named_parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.detach(), before[name] - gradient, rtol=0, atol=1e-12)


def test_a_bad_loss_takes_no_step_and_names_batch_and_module() -> None:
    """Row 21 has a token whose vector overflows in the encoder's sum; the batch before it is fine."""
    model = classifier("bag").float()
    with torch.no_grad():
        model.source.table.weight[9] = 3e38  # type: ignore[union-attr,index]
    good, bad = labelled([3, 3], first=10), labelled([2, 3], first=20)
    good.inputs["source"].values[good.inputs["source"].values == 9] = 5
    bad.inputs["source"].values[1] = 9
    before = weights_of(model)
    runner = updater(model, optimizer="adamw", accumulate=2)
    noise = torch.get_rng_state()
    done = runner.update([good, bad], 0.1)
    assert done == Bad("a loss that is not finite", [20, 21], "encoder")
    assert all(torch.equal(before[name], weight) for name, weight in weights_of(model).items())
    assert not runner._optimizer.state, "moments are fed too"
    assert torch.equal(noise, torch.get_rng_state())
    assert isinstance(runner.update([good], 0.1), Done)


def test_a_bad_weight_is_named() -> None:
    model = classifier("lstm")
    with torch.no_grad():
        model.heads["label"].out.bias[1] = torch.inf  # type: ignore[union-attr,operator]
    done = updater(model).update([labelled([3])], 0.1)
    assert isinstance(done, Bad)
    assert done.module == "heads.label.out (its weight heads.label.out.bias)"


def test_a_bad_gradient_of_a_finite_loss_takes_no_step(monkeypatch: pytest.MonkeyPatch) -> None:
    model, batch = classifier(), labelled([3, 2])
    head = model.heads["label"].out
    assert isinstance(head, torch.nn.Linear)
    head.weight.register_hook(lambda gradient: gradient * torch.inf)
    before = weights_of(model)
    done = updater(model).update([batch], 0.1)
    assert done == Bad("a gradient that is not finite", [0, 1], "the gradient (every output was finite)")
    assert all(torch.equal(before[name], weight) for name, weight in weights_of(model).items())


def test_a_carried_state_is_as_before_the_bad_batch() -> None:
    model, batches = writer().float(), windows(3)
    runner = updater(model, carries=True)
    runner.update([batches[0]], 0.1)
    kept = runner.state
    with torch.no_grad():
        model.target.table.weight[int(batches[1].inputs["target"].values[0, 0])] = torch.nan  # type: ignore[union-attr,index]
    assert isinstance(runner.update(batches[1:], 0.1), Bad)
    assert runner.state is kept


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_scheduled_sampling_learns_from_what_the_decoder_heard(kind: str) -> None:
    """The step is that of the mixed batches, the second one's drawn by a decoder that goes on from the first."""
    carries, fit = kind == "lstm", {"sampling": 0.7}
    batches, ours = windows(2), writer(kind, dropout=0.0)
    with torch.no_grad():
        for weight in ours.parameters():
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    theirs, plain = copy.deepcopy(ours), copy.deepcopy(ours)
    torch.manual_seed(5)
    done = updater(ours, carries, **fit).update(batches, 0.5, share=0.7)
    noise = torch.get_rng_state()
    torch.manual_seed(5)
    first = mix(theirs, batches[0], 0.7)
    with torch.no_grad():
        _, state = theirs(first)
    second = mix(theirs, batches[1], 0.7, state if carries else None)
    assert torch.equal(noise, torch.get_rng_state())
    wanted = updater(theirs, carries).update([first, second], 0.5)
    assert isinstance(done, Done) and isinstance(wanted, Done)
    assert done.loss == pytest.approx(wanted.loss, abs=1e-12)
    close(weights_of(ours), weights_of(theirs))
    assert done.loss != pytest.approx(updater(plain, carries).update(batches, 0.5).loss, abs=1e-6)  # type: ignore[union-attr]


def test_a_share_of_nothing_is_teacher_forcing() -> None:
    ours, theirs, batches = writer(), writer(), windows(2)
    updater(ours, True, sampling=0.5).update(batches, 0.5, share=0.0)
    updater(theirs, True).update(batches, 0.5)
    close(weights_of(ours), weights_of(theirs))


def test_a_bad_batch_is_heard_again_as_it_was() -> None:
    """Token 9 is given nowhere but drawn, so the module that fails on it is found only by drawing the same again."""
    model, (batch,) = writer().float(), windows(1)
    batch.inputs["target"].values[:] = 5
    assert model.target is not None
    model.target.register_forward_hook(lambda _, ids, out: out.masked_fill((ids[0] == 9).unsqueeze(-1), torch.nan))
    for seed in range(8):
        torch.manual_seed(seed)
        done = updater(model, sampling=0.1).update([batch], 0.0, share=0.1)
        assert not isinstance(done, Bad) or (done.rows, done.module) == (list(batch.rows), "target")
        if isinstance(done, Bad):
            break
    assert isinstance(done, Bad), "token 9 was never drawn"


def test_many_rows_are_cut_in_messages() -> None:
    assert shown([1, 2, 3]) == "1, 2, 3"
    assert shown(list(range(20))) == "0, 1, 2, 3, 4, 5, 6, 7, ..."


def test_a_batch_in_which_nothing_counts_is_a_step_of_nothing() -> None:
    """Labels of weight 0 alone, say: 0 of 0 is no NaN, which would end training after three such batches."""
    model = classifier(class_weights={"a": 0.0, "b": 0.0, "c": 0.0})
    before = weights_of(model)
    done = updater(model).update([labelled([3, 2])], 0.5)
    assert isinstance(done, Done) and done.loss == 0 and done.norm == 0
    assert all(torch.equal(before[name], value) for name, value in weights_of(model).items())
