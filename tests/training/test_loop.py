"""Every field of the fit section changes what it should, and numbers that are not finite end as they must."""

import itertools
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from toys import Batches, Mean, classifier, labelled, same, tiny, weights, weights_of, windows, writer

from seqloom.batch import Batch
from seqloom.decoding.scheduled import mix
from seqloom.errors import InputError, NumberError
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec
from seqloom.training.averaging import mean
from seqloom.training.checkpoint import Checkpoints, shipped
from seqloom.training.events import Event, Finished, Saved, Skipped, Started, Step, Valid
from seqloom.training.loop import train
from seqloom.training.run import Run, fit

Fit = Callable[..., Run]
BATCHES = [labelled([5, 2, 3], seed=number, first=3 * number) for number in range(6)]


def run(folder: Path, model: SequenceModel | None = None, **fit: Any) -> list[Event]:
    """Train a toy on six batches and return its events; `values` are what validations give for the metric."""
    model = classifier().float() if model is None else model
    values = fit.pop("values", None)
    given = None if values is None else itertools.chain([0.0], values)  # the first is asked for its names alone
    spec = FitSpec.model_validate({"steps": 12, "device": "cpu", **fit})
    meter = lambda: Mean(spec.metric, given)  # noqa: E731
    valid = Batches(BATCHES[:2]) if fit.get("valid_every") else None
    events = train(model, Batches(BATCHES), valid, meter, spec, folder, higher_is_better=lambda name: name != "loss")
    return list(events)


def of(kind: type, events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def numbers(folder: Path) -> list[int]:
    return [int(place.name[5:]) for place in Checkpoints(folder / "checkpoints").all()]


# ---- budgets ----


def test_steps_end_it(tmp_path: Path) -> None:
    events = run(tmp_path, steps=5)
    assert [event.step for event in of(Step, events)] == [1, 2, 3, 4, 5]
    assert (events[-1].step, events[-1].reason) == (5, "steps")  # type: ignore[attr-defined]
    started = events[0]
    assert isinstance(started, Started)
    assert (started.steps, started.resumed_at) == (5, None)
    assert started.parameters == classifier().parameter_count()


def test_the_batches_of_an_epoch_are_put_in_order_once(tmp_path: Path) -> None:
    """Of ten million rows it takes seconds; the first epoch's are those that the estimate was made with."""
    data, asked = Batches(BATCHES), list[int]()
    orders = data.order

    def order(epoch: int) -> Sequence[int]:
        asked.append(epoch)
        return orders(epoch)

    data.order = order  # type: ignore[method-assign]
    fit = FitSpec(steps=14, device="cpu")
    list(train(classifier().float(), data, None, Mean, fit, tmp_path, higher_is_better=lambda name: False))
    assert asked == [0, 1, 2]


@pytest.mark.parametrize(("epochs", "steps"), [(1.0, 6), (0.5, 3), (2.5, 15), (0.01, 1)])
def test_epochs_may_be_broken(epochs: float, steps: int, tmp_path: Path) -> None:
    events = run(tmp_path, steps=None, epochs=epochs)
    assert (events[-1].step, events[-1].reason) == (steps, "epochs")  # type: ignore[attr-defined]
    assert of(Step, events)[-1].epoch == pytest.approx((steps - 1) / 6)


def test_accumulated_batches_count_as_one_step_of_an_epoch(tmp_path: Path) -> None:
    events = run(tmp_path, steps=None, epochs=1, accumulate=4)  # four batches, then the two that are left
    assert [event.tokens for event in of(Step, events)] == [40, 60]


def test_the_first_of_several_budgets_ends_it(tmp_path: Path) -> None:
    assert run(tmp_path, steps=4, epochs=1)[-1].reason == "steps"  # type: ignore[attr-defined]
    assert run(tmp_path / "b", steps=9, epochs=1)[-1].reason == "epochs"  # type: ignore[attr-defined]
    assert run(tmp_path / "c", steps=3, minutes=5)[-1].reason == "steps"  # type: ignore[attr-defined]


def test_minutes_end_it_near_their_time(tmp_path: Path) -> None:
    events = run(tmp_path, steps=None, minutes=0.03)
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.reason == "minutes"
    assert 0.3 * 1.8 < end.seconds < 4 * 1.8  # on a machine that others use
    assert of(Step, events)[0].steps is None
    assert of(Step, events)[-1].steps == end.step


def test_no_budget_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"training needs an end: fit.steps, fit.epochs or fit.minutes\."):
        run(tmp_path, steps=None)


# ---- validation ----


def test_valid_every(tmp_path: Path) -> None:
    assert [event.step for event in of(Valid, run(tmp_path, steps=10, valid_every=4))] == [4, 8, 10]


def test_validation_is_once_an_epoch_where_those_are_few(small: Fit, tmp_path: Path) -> None:
    seen: list[Event] = []
    small("bag", tmp_path / "run", on_event=seen.append, epochs=6, patience=None)
    steps = [event.step for event in of(Valid, seen)]
    assert len(steps) == 6 and steps == [(n + 1) * steps[0] for n in range(6)]


@pytest.mark.parametrize(
    ("metric", "values", "steps"),
    [
        ("loss", None, None),
        ("accuracy", [0.5, 0.6, 0.6, 0.5, 0.9], 8),  # up is better, an equal is no gain
        ("accuracy", [0.5, 0.4, 0.6, 0.5, 0.4], 10),
        ("accuracy", [0.1, 0.2, 0.3, 0.4, 0.5], 12),
        ("accuracy", [float("nan"), 0.4, 0.5, 0.6, 0.7], 12),  # not a number is not a best
    ],
)
def test_patience(metric: str, values: list[float] | None, steps: int | None, tmp_path: Path) -> None:
    options: dict[str, Any] = {"metric": metric, "valid_every": 2, "patience": 2, "steps": 12}
    if values is None:  # the loss of a rate that only does harm rises at once
        model = classifier().float()
        end = run(tmp_path, model, **options, optimizer="sgd", lr=1e2, clip=None)[-1]
        assert isinstance(end, Finished) and end.reason == "patience"
        return
    events = run(tmp_path, **options, values=[*values, 0.0])
    end = events[-1]
    assert isinstance(end, Finished)
    assert (end.step, end.reason) == (steps, "patience" if steps != 12 else "steps")
    whole = [value for value in values[: len(of(Valid, events))] if value == value]
    first = values.index(max(whole)) + 1
    assert end.shipped == f"the best of all validations, step {2 * first}"
    assert end.metrics[metric] == max(whole)
    assert [event.step for event in of(Valid, events) if event.best][-1] == 2 * first


def test_the_best_is_shipped_though_no_save_was_due_there(tmp_path: Path) -> None:
    model = classifier().float()
    seen: dict[int, Any] = {}
    spec = FitSpec(steps=12, valid_every=2, save_every=5, keep=1, metric="accuracy", device="cpu")
    values = iter([0.0, 0.1, 0.9, 0.2, 0.3, 0.4, 0.5])
    meter = lambda: Mean("accuracy", values)  # noqa: E731
    for event in train(
        model, Batches(BATCHES), Batches(BATCHES[:1]), meter, spec, tmp_path, higher_is_better=lambda name: True
    ):
        if isinstance(event, Step):
            seen[event.step] = weights_of(model)
    assert same(weights_of(model), seen[4])
    assert numbers(tmp_path) == [4, 12]


def test_an_unknown_metric_is_named_before_anything_is_written(small: Fit, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fit.metric: validation gives no 'acuracy'; did you mean 'accuracy'\?"):
        small("bag", tmp_path / "run", metric="acuracy")
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match=r"fit.metric: validation gives no 'accuracy'.* Known: bits, loss, nats"):
        small("lstm", tmp_path / "run", metric="accuracy")  # known, but not of this task


def test_plateau_halves_the_rate(tmp_path: Path) -> None:
    values = [0.5, 0.4, 0.4, 0.4, 0.4, 0.6]
    events = run(tmp_path, schedule="plateau", metric="f1", valid_every=2, values=values, lr=0.01)
    rates = [event.lr for event in of(Step, events)]
    assert rates == [0.01] * 6 + [0.005] * 4 + [0.0025] * 2


def test_the_rate_follows_its_schedule(tmp_path: Path) -> None:
    events = run(tmp_path, schedule="linear", warmup=2, lr=0.1)
    assert [event.lr for event in of(Step, events)] == pytest.approx(
        [0.05, 0.1, *[0.1 * n / 10 for n in range(10, 0, -1)]]
    )


# ---- checkpoints ----


def test_save_every_and_keep(tmp_path: Path) -> None:
    events = run(tmp_path, steps=11, save_every=2, keep=2)
    assert [event.step for event in of(Saved, events)] == [0, 2, 4, 6, 8, 10, 11]
    assert numbers(tmp_path) == [10, 11]
    assert (tmp_path / "checkpoints/last").read_text() == "step-11\n"
    assert of(Saved, events)[-1].path == str(tmp_path / "checkpoints/step-11")


def test_the_best_is_kept_beside_the_latest(tmp_path: Path) -> None:
    run(tmp_path, steps=12, valid_every=2, metric="f1", values=[0.1, 0.9, 0.2, 0.3, 0.4, 0.5], keep=1)
    assert numbers(tmp_path) == [4, 12]
    assert (tmp_path / "checkpoints/best").read_text() == "step-4\n"


def test_average_ships_the_mean_of_the_last(tmp_path: Path) -> None:
    model = classifier().float()
    seen = {}
    spec = FitSpec(steps=9, save_every=2, keep=1, average=3, device="cpu")
    for event in train(model, Batches(BATCHES), None, Mean, spec, tmp_path, higher_is_better=lambda name: False):
        if isinstance(event, Step):
            seen[event.step] = weights_of(model)
        last = event
    by_hand = mean([seen[6], seen[8], seen[9]])
    assert same(weights_of(model), by_hand)
    assert isinstance(last, Finished) and last.shipped == "the mean of the last 3 checkpoints"


def test_average_leaves_out_a_best_that_was_not_due(tmp_path: Path) -> None:
    model = classifier().float()
    seen = {}
    spec = FitSpec(steps=10, save_every=4, valid_every=9, average=2, metric="f1", device="cpu")
    values = iter([0.0, 0.9, 0.1, 0.0])
    meter = lambda: Mean("f1", values)  # noqa: E731
    data = Batches(BATCHES)
    for event in train(model, data, data, meter, spec, tmp_path, higher_is_better=lambda name: True):
        if isinstance(event, Step):
            seen[event.step] = weights_of(model)
    assert numbers(tmp_path) == [4, 8, 9, 10]
    assert same(weights_of(model), mean([seen[8], seen[10]]))


def test_ema_is_validated_and_shipped(tmp_path: Path) -> None:
    model = classifier().float()
    spec = FitSpec(steps=6, valid_every=6, ema=0.5, lr=0.05, device="cpu")
    raw: dict[str, torch.Tensor] = {}
    loss = 0.0
    data = Batches(BATCHES)
    for event in train(model, data, data, Mean, spec, tmp_path, higher_is_better=lambda name: False):
        if isinstance(event, Step):
            raw = weights_of(model)
        elif isinstance(event, Valid):
            assert same(weights_of(model), raw), "its own weights are put back"
            loss = event.metrics["loss"]
    averaged = load_file(tmp_path / "checkpoints/step-6/average.safetensors")
    assert same(weights_of(model), averaged)
    assert not same(raw, averaged)
    assert same(load_file(tmp_path / "checkpoints/step-6/model.safetensors"), raw)
    assert not model.training
    with torch.no_grad():
        parts = [model.loss(model(batch)[0], batch)["label"] for batch in BATCHES]
    assert loss == pytest.approx(float(sum(total for total, _ in parts)) / 18, rel=1e-5)


def test_every_epoch_starts_from_an_empty_state(tmp_path: Path) -> None:
    model = writer().float()
    data = Batches(windows(3), carries=True)
    spec = FitSpec(steps=6, lr=1e-30, optimizer="sgd", device="cpu")
    events = list(train(model, data, None, Mean, spec, tmp_path, higher_is_better=lambda name: False))
    losses = [event.loss for event in of(Step, events)]
    assert losses[:3] == losses[3:]
    alone = model.loss(model(data.load(1))[0], data.load(1))["words"]
    assert losses[1] != pytest.approx(float((alone[0] / alone[1]).detach()), rel=1e-6), (
        "the second goes on from the first"
    )


# ---- same seed, same weights ----


def test_workers_change_nothing(small: Fit, tmp_path: Path) -> None:
    runs = [weights(small("bigru", tmp_path / str(n), workers=n, steps=20)) for n in (0, 1, 2)]
    assert same(runs[0], runs[1]) and same(runs[0], runs[2])


def test_what_a_listener_draws_changes_nothing(small: Fit, tmp_path: Path) -> None:
    """A sample of text after each validation, say; dropout goes on as it would have."""
    heard = small("lstm", tmp_path / "a", steps=6, on_event=lambda event: torch.rand(3))
    assert same(weights(heard), weights(small("lstm", tmp_path / "b", steps=6)))


@pytest.mark.parametrize("arch", ["lstm", "bigru"])
def test_the_seed_is_all_there_is_to_chance(arch: str, small: Fit, tmp_path: Path) -> None:
    torch.manual_seed(1)
    first = weights(small(arch, tmp_path / "a", steps=4))
    torch.manual_seed(2)
    assert same(first, weights(small(arch, tmp_path / "b", steps=4)))
    assert not same(first, weights(small(arch, tmp_path / "c", steps=4, seed=8)))


def test_logging_validating_and_saving_change_nothing(small: Fit, tmp_path: Path) -> None:
    often = small("lstm", tmp_path / "a", steps=8, valid=0.0, save_every=1)
    seldom = small("lstm", tmp_path / "b", steps=8, valid=0.0)
    assert same(weights(often), weights(seldom))


# ---- what would do nothing ----


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sampling_rise": "sigmoid"}, r"fit\.sampling_rise=sigmoid says how fit\.sampling is reached, which is 0"),
        ({"sampling": 0.5, "target": {"embed": "dummy"}}, r"with target\.embed=dummy it hears no words at all"),
        ({"schedule": "plateau", "valid": 0.0}, r"fit\.schedule=plateau needs validation: set data\.valid to a file"),
        ({"momentum": 0.9}, r"fit\.momentum is for sgd and rmsprop"),
    ],
)
def test_an_option_without_effect_is_refused_before_the_folder_is_taken(
    options: dict[str, Any], said: str, small: Fit, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said):
        small("lstm", tmp_path / "a", **options)
    assert not (tmp_path / "a").exists()


# ---- the rest of the section ----


@pytest.mark.parametrize(
    "options",
    [
        {"lr": 0.02},
        {"optimizer": "adam", "weight_decay": 0.1},
        {"optimizer": "sgd"},
        {"betas": (0.5, 0.9)},
        {"weight_decay": 0.5},
        {"schedule": "cosine"},
        {"warmup": 5},
        {"clip": 0.01, "optimizer": "sgd"},
        {"clip": 0.001, "clip_by": "value", "optimizer": "sgd"},
        {"accumulate": 2},
        {"precision": "bf16"},
        {"ema": 0.5},
        {"average": 2, "save_every": 2},
        {"batch_tokens": 64},
        {"window": 8},
        {"seed": 3},
    ],
    ids=lambda options: ",".join(options),
)
def test_every_field_changes_the_weights(options: dict[str, Any], small: Fit, tmp_path: Path) -> None:
    base = {"optimizer": options["optimizer"]} if "clip" in options else {}
    assert not same(
        weights(small("lstm", tmp_path / "a", steps=5, **base)),
        weights(small("lstm", tmp_path / "b", steps=5, **options)),
    )


def test_the_share_of_own_words_rises_over_the_training(
    small: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[float] = []

    def watched(model: SequenceModel, batch: Batch, share: float, *state: Any) -> Batch:
        heard.append(share)
        return mix(model, batch, share, *state)

    monkeypatch.setattr("seqloom.training.update.mix", watched)
    small("gpt", tmp_path / "a", steps=5, accumulate=2, sampling=0.4)
    assert heard == pytest.approx([0.0, 0.0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4])
    small("gpt", tmp_path / "b", steps=5)
    assert len(heard) == 10


def test_label_smoothing_raises_the_training_loss_of_a_sure_model(small: Fit, tmp_path: Path) -> None:
    def losses(**head: Any) -> tuple[float, float]:
        seen: list[Event] = []
        small(
            "bag", tmp_path / str(head), heads={"label": head}, steps=120, lr=0.1, valid_every=120, on_event=seen.append
        )
        return of(Step, seen)[-1].loss, of(Valid, seen)[-1].metrics["loss"]

    (plain, valid), (smooth, smooth_valid) = losses(), losses(smoothing=0.2)
    assert plain < 0.05 and valid < 0.1
    # ln of 0.9 and 0.1 under 0.9 and 0.1: no model can have less of smoothed labels; validation does not smooth
    assert smooth >= 0.325
    assert smooth_valid < 0.3


def test_bf16_learns_with_a_carried_state(small: Fit, tmp_path: Path) -> None:
    seen: list[Event] = []
    options = {"decoder": {"dropout": 0, "layers": 1}, "target": {"dropout": 0}}
    run = small("lstm", tmp_path / "run", precision="bf16", steps=60, lr=0.03, on_event=seen.append, **options)
    losses = [event.loss for event in of(Step, seen)]
    assert losses[-1] < 0.75 * losses[0]
    assert all(parameter.dtype == torch.float32 for parameter in run.model.parameters())


def test_threads(small: Fit, tmp_path: Path) -> None:
    small("bag", tmp_path / "run", steps=2, threads=2)
    assert torch.get_num_threads() == 2


def test_window_and_batch_tokens_shape_the_batches(small: Fit, tmp_path: Path) -> None:
    def tokens(**options: Any) -> int:
        seen: list[Event] = []
        small("gpt", tmp_path / str(options), steps=1, on_event=seen.append, **options)
        found: int = of(Step, seen)[0].tokens
        return found

    assert tokens(window=16, batch_tokens=128) == 128
    assert tokens(window=8, batch_tokens=64) == 64
    assert tokens(window=64, batch_tokens=32) == 64  # one window at least


def test_the_signal_handlers_are_put_back(small: Fit, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)

    def fail(event: Event) -> None:
        assert signal.getsignal(signal.SIGTERM) != before[0]
        raise KeyError

    with pytest.raises(KeyError) as error:
        small("bag", tmp_path / "run", steps=2, on_event=fail)
    assert error.value.__traceback__ is not None, "which keeps the frames, and so the generator, alive"
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


# ---- numbers that are not finite ----


def poisoned(places: set[int]) -> tuple[SequenceModel, Batches]:
    """Return a bag model whose sum overflows in the batches of these places, and seven batches."""
    model = classifier("bag").float()
    with torch.no_grad():
        model.source.table.weight[9] = 3e38  # type: ignore[union-attr,index]
    batches = [labelled([3, 2], seed=number, first=2 * number) for number in range(7)]
    for place, batch in enumerate(batches):
        ids = batch.inputs["source"].values
        ids[ids == 9] = 5
        if place in places:
            ids[1, :2] = 9
    return model, Batches(batches)


def test_a_bad_batch_is_skipped_and_named(tmp_path: Path) -> None:
    model, data = poisoned({2, 3, 5})
    spec = FitSpec(steps=4, device="cpu", optimizer="sgd")
    events = []
    before = weights_of(model)
    for event in train(model, data, None, Mean, spec, tmp_path, higher_is_better=lambda name: False):
        if isinstance(event, Skipped):
            assert same(before, weights_of(model))
        before = weights_of(model)
        events.append(event)
    assert of(Skipped, events) == [
        Skipped(2, [4, 5], "encoder", "a loss that is not finite"),
        Skipped(2, [6, 7], "encoder", "a loss that is not finite"),
        Skipped(3, [10, 11], "encoder", "a loss that is not finite"),
    ]
    assert [event.step for event in of(Step, events)] == [1, 2, 3, 4]


def test_three_bad_batches_in_a_row_end_it(tmp_path: Path) -> None:
    model, data = poisoned({3, 4, 5})
    spec = FitSpec(steps=20, device="cpu", save_every=1)
    with pytest.raises(NumberError) as error:
        list(train(model, data, None, Mean, spec, tmp_path, higher_is_better=lambda name: False))
    assert error.value.code == 4
    assert str(error.value) == (
        "a loss that is not finite in 3 batches in a row, the last of rows 10, 11; the first module to give it is "
        "encoder. No step was taken. Try a smaller fit.lr or fit.clip."
    )
    place, _ = Checkpoints(tmp_path / "checkpoints").newest()
    assert place.name == "step-3"


def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path) -> None:
    model = classifier().float()
    spec = FitSpec(steps=8, device="cpu", save_every=2, keep=9)
    with pytest.raises(NumberError, match="the weights are not finite after step 4; nothing was saved over what is"):
        for event in train(model, Batches(BATCHES), None, Mean, spec, tmp_path, higher_is_better=lambda name: False):
            if isinstance(event, Step) and event.step == 3:
                _ruin_after_next_step(model)
    for place in Checkpoints(tmp_path / "checkpoints").all():
        assert all(bool(value.isfinite().all()) for value in shipped(place).values())
    assert numbers(tmp_path) == [2]


def _ruin_after_next_step(model: SequenceModel) -> None:
    """Let the next backward pass leave a weight that is not finite, as an overflow in the optimizer would."""
    bias = model.heads["label"].out.bias  # type: ignore[union-attr]

    def ruin(gradient: torch.Tensor) -> torch.Tensor:
        bias.data[0] = torch.inf  # type: ignore[union-attr,operator]
        return gradient

    bias.register_hook(ruin)  # type: ignore[union-attr,operator]


def test_a_device_that_is_not_there(reviews: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqloom.errors import ResourceError

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ResourceError, match=r"device=cuda, but torch sees no GPU here .* Use --device cpu\.") as error:
        fit("classify", str(reviews), out=str(tmp_path / "run"), **tiny("bag", device="cuda"))
    assert error.value.code == 5
    assert not (tmp_path / "run").exists()
