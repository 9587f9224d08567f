"""Words and their letters as vectors."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv1d

from seqloom.errors import InputError
from seqloom.layers.embedding import TokenEmbedding
from seqloom.layers.words import CASINGS, WordInput

WAYS = ["cnn", "lstm"]


def made(spelling: str | None, casing: bool = True, drop: float = 0.0, size: int = 4) -> WordInput:
    torch.manual_seed(0)
    words = TokenEmbedding(9, size=3)
    return WordInput(
        words,
        None if spelling is None else 12,
        spelling="lstm" if spelling == "lstm" else "cnn",
        letters_size=size,
        casing=casing,
        drop=drop,
    ).double()


def values(letters: int = 5) -> Tensor:
    """Three words, a word without letters and a step of padding."""
    row = [[5, 1, 3, 4, 5], [6, 2, 7, 0, 0], [5, 3, 3, 4, 0], [4, 7, 0, 0, 0], [0, 0, 0, 0, 0]]
    return torch.nn.functional.pad(torch.tensor([row]), (0, letters - 3))


@pytest.mark.parametrize("spelling", WAYS)
def test_letters_of_padding_change_nothing(spelling: str) -> None:
    module = made(spelling)
    torch.testing.assert_close(module(values(3)), module(values(9)), atol=1e-14, rtol=0)


@pytest.mark.parametrize("spelling", WAYS)
def test_a_word_reads_the_same_wherever_it_stands(spelling: str) -> None:
    module = made(spelling)
    alone = torch.cat([module(values()[:, [place]]) for place in range(5)], 1)
    torch.testing.assert_close(module(values()), alone, atol=1e-14, rtol=0)
    assert not module(values())[0, 4].any()  # padding is zeros


@pytest.mark.parametrize("spelling", WAYS)
def test_letters_and_their_order_are_heard(spelling: str) -> None:
    module = made(spelling)
    turned = values()
    turned[0, 0, 2:5] = torch.tensor([5, 4, 3])
    other = values()
    other[0, 0, 4] = 9
    for changed in (turned, other):
        before, after = module(values())[0], module(changed)[0]
        assert not torch.allclose(before[0, 3:7], after[0, 3:7])
        assert torch.equal(before[0, :3], after[0, :3]) and torch.equal(before[1:], after[1:])


def test_the_convolution_is_the_maximum_over_windows() -> None:
    module = made("cnn", casing=False)
    spelling = module.spelling
    assert spelling is not None
    x = spelling.table(torch.tensor([[3, 4, 5]])).transpose(1, 2)
    wanted = conv1d(x, spelling.windows.weight, spelling.windows.bias, padding=1).amax(2)[0]  # type: ignore[union-attr, arg-type]
    torch.testing.assert_close(module(values())[0, 0, 3:], wanted)


def test_the_width_is_that_of_its_parts() -> None:
    assert made("cnn").size == 3 + 4 + 8 and made("cnn", casing=False).size == 3 + 4
    assert made(None).size == 3 + 8
    assert made("lstm")(values()).shape == (1, 5, 15)


@pytest.mark.parametrize("spelling", WAYS)
def test_every_weight_learns(spelling: str) -> None:
    module = made(spelling)
    g = torch.Generator().manual_seed(0)
    ids = torch.cat(
        [
            torch.randint(1, 9, (3, 8, 1), generator=g),
            torch.randint(1, CASINGS, (3, 8, 1), generator=g),
            torch.randint(1, 12, (3, 8, 4), generator=g),
        ],
        2,
    )
    loss = (module(ids) * torch.randn(3, 8, 15, generator=g, dtype=torch.float64)).sum()
    grads = torch.autograd.grad(loss, list(module.parameters()))
    for name, grad in zip(dict(module.named_parameters()), grads, strict=True):
        assert grad.abs().sum() > 0, name


@pytest.mark.parametrize("spelling", ["cnn", None])
def test_dropout_acts_in_training_alone(spelling: str | None) -> None:
    module = made(spelling, drop=0.5)
    torch.manual_seed(1)
    assert not torch.equal(module.train()(values()), module.eval()(values()))
    assert torch.equal(module(values()), module(values()))


def test_an_lstm_over_letters_needs_an_even_width() -> None:
    with pytest.raises(InputError, match=r"source\.letters_size=5: an LSTM reads letters both ways"):
        made("lstm", size=5)
