"""A training that computes activations again learns the same, keeps less, and is refused where it would do nothing."""

import copy
from pathlib import Path

import pytest
import torch
from toys import Batches, classifier, labelled, same, weights, weights_of, windows, writer

from conftest import Fit
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import FitSpec
from seqloom.training.estimate import estimate
from seqloom.training.optimizers import build_optimizer
from seqloom.training.update import Done, Updater

MODELS = {
    "gru": lambda: classifier("gru"),
    "mgu": lambda: classifier("mgu"),
    "transformer": lambda: classifier("transformer"),
    "gpt": lambda: writer("transformer", dropout=0.2),
    "lstm that carries": lambda: writer("lstm", layers=2, dropout=0.2),
}


def learnt(model: SequenceModel, again: bool) -> tuple[list[float], SequenceModel]:
    model = copy.deepcopy(model).train()
    fit = FitSpec(optimizer="sgd", clip=1.0, checkpointing=again)
    carries = model.carries
    updater = Updater(model, build_optimizer(model, fit), Batches([], carries), fit)
    batches = windows(3, time=40) if model.encoder is None else [labelled([40, 3, 0, 17], seed) for seed in range(3)]
    torch.manual_seed(3)
    losses = []
    for batch in batches:
        done = updater.update([batch], 0.5)
        assert isinstance(done, Done)
        losses.append(done.loss)
    return losses, model


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_it_learns_the_same(make: object) -> None:
    assert callable(make)
    model = make()
    plain, again = learnt(model, False), learnt(model, True)
    assert again[0] == pytest.approx(plain[0], abs=1e-12)
    ours, theirs = weights_of(again[1]), weights_of(plain[1])
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=1e-12)
    assert not same(ours, weights_of(model))


def test_a_whole_training_of_a_transformer_is_the_same_to_the_last_bit(small: Fit, tmp_path: Path) -> None:
    plain = small("gpt", tmp_path / "a", steps=4)
    again = small("gpt", tmp_path / "b", steps=4, checkpointing=True)
    assert same(weights(plain), weights(again))


def test_less_is_estimated() -> None:
    data = Batches([labelled([120] * 8)])
    plain, again = (
        estimate(classifier("mgu").float(), data, [0], FitSpec(checkpointing=on), torch.device("cpu"))[1]
        for on in (False, True)
    )
    assert again < 0.5 * plain


def test_a_model_that_cannot_is_refused_before_the_folder_is_taken(small: Fit, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fit\.checkpointing=true is for recurrent and Transformer parts"):
        small("bag", tmp_path / "a", checkpointing=True)
    assert not (tmp_path / "a").exists()
