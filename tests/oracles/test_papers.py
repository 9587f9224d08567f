"""Parts without a twin in another library, against the equations of their papers written out as loops."""

import math

import pytest
import torch
from torch import Tensor

from seqloom.cells.gru import GRU
from seqloom.cells.lstm import LSTM
from seqloom.cells.mgu import MGU
from seqloom.cells.mingru import MinGRU
from seqloom.cells.minlstm import MinLSTM
from seqloom.ops.positions import rotate, sinusoids
from seqloom.ops.unroll import unroll

INPUT, SIZE, TIME = 3, 4, 9


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def draw(*size: int, seed: int) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def fill(cell: torch.nn.Module) -> None:
    with torch.no_grad():
        for number, weight in enumerate(cell.parameters()):
            weight.copy_(draw(*weight.shape, seed=number))


def affine(weight: Tensor, bias: Tensor, x: list[float]) -> list[float]:
    return [
        sum(w * v for w, v in zip(row, x, strict=True)) + b
        for row, b in zip(weight.tolist(), bias.tolist(), strict=True)
    ]


def positive(x: float) -> float:
    """g of Feng et al. 2024, listing 6: x + 0.5 where x >= 0, sigmoid(x) elsewhere."""
    return x + 0.5 if x >= 0 else sigma(x)


@pytest.mark.parametrize("candidate", ["identity", "positive"])
def test_mingru_is_the_papers_recurrence(candidate: str) -> None:
    """z_t = sigma(Linear(x_t)), h~_t = Linear(x_t), h_t = (1 - z_t) h_{t-1} + z_t h~_t: the paper's z is our 1 - z.

    1 - sigma(a) = sigma(-a), so the paper's layer has the weights of ours with the other sign.
    """
    cell = MinGRU(INPUT, SIZE, candidate=candidate).double()  # type: ignore[arg-type]
    fill(cell)
    x, start = draw(1, TIME, INPUT, seed=9), draw(1, SIZE, seed=8)
    h = start[0].tolist()
    wanted = []
    for x_t in x[0].tolist():
        z = [sigma(a) for a in affine(-cell.w[:SIZE], -cell.b[:SIZE], x_t)]
        n = affine(cell.w[SIZE:], cell.b[SIZE:], x_t)
        n = [positive(a) for a in n] if candidate == "positive" else n
        h = [(1 - z_k) * h_k + z_k * n_k for z_k, h_k, n_k in zip(z, h, n, strict=True)]
        wanted.append(h)
    outputs, _ = unroll(cell, x, None, {"h": start})
    torch.testing.assert_close(outputs[0], torch.tensor(wanted, dtype=torch.float64), atol=1e-12, rtol=1e-12)


@pytest.mark.parametrize("candidate", ["identity", "positive"])
def test_minlstm_is_the_papers_recurrence(candidate: str) -> None:
    """f, i = sigma(Linear), f' = f / (f + i), i' = i / (f + i), h_t = f' h_{t-1} + i' h~_t."""
    cell = MinLSTM(INPUT, SIZE, candidate=candidate).double()  # type: ignore[arg-type]
    fill(cell)
    x, start = draw(1, TIME, INPUT, seed=9), draw(1, SIZE, seed=8)
    h = start[0].tolist()
    wanted = []
    for x_t in x[0].tolist():
        f, i, n = (affine(w, b, x_t) for w, b in zip(cell.w.chunk(3), cell.b.chunk(3), strict=True))
        n = [positive(a) for a in n] if candidate == "positive" else n
        f, i = [sigma(a) for a in f], [sigma(a) for a in i]
        h = [(f_k * h_k + i_k * n_k) / (f_k + i_k) for f_k, i_k, h_k, n_k in zip(f, i, h, n, strict=True)]
        wanted.append(h)
    outputs, _ = unroll(cell, x, None, {"h": start})
    torch.testing.assert_close(outputs[0], torch.tensor(wanted, dtype=torch.float64), atol=1e-12, rtol=1e-12)


def test_mgu_is_the_papers_recurrence() -> None:
    """f = sigma(W_f [h, x] + b), h~ = tanh(W_h [f * h, x] + b), h' = (1 - f) h + f h~: the paper's f is our 1 - z."""
    cell = MGU(INPUT, SIZE).double()
    fill(cell)
    x, start = draw(1, TIME, INPUT, seed=9), draw(1, SIZE, seed=8)
    h = start[0].tolist()
    wanted = []
    for x_t in x[0].tolist():
        from_x = affine(cell.w_ih, cell.b_ih + cell.b_hh, x_t)
        none = torch.zeros(SIZE)
        f = [sigma(-(a + b)) for a, b in zip(from_x[:SIZE], affine(cell.w_hh[:SIZE], none, h), strict=True)]
        shown = [f_k * h_k for f_k, h_k in zip(f, h, strict=True)]
        n = [math.tanh(a + b) for a, b in zip(from_x[SIZE:], affine(cell.w_hh[SIZE:], none, shown), strict=True)]
        h = [(1 - f_k) * h_k + f_k * n_k for f_k, h_k, n_k in zip(f, h, n, strict=True)]
        wanted.append(h)
    outputs, _ = unroll(cell, x, None, {"h": start})
    torch.testing.assert_close(outputs[0], torch.tensor(wanted, dtype=torch.float64), atol=1e-12, rtol=1e-12)


def test_gates_that_are_open_or_shut_do_what_they_are_named_for() -> None:
    """LSTM: f = 1, i = 0 keeps c; f = 0, i = 1 takes g; o = 0 shows nothing. GRU: z = 1 keeps h, z = 0 takes n."""
    big, x = 1e4, draw(1, INPUT, seed=1)
    lstm, state = LSTM(INPUT, SIZE).double(), {"h": draw(1, SIZE, seed=2), "c": draw(1, SIZE, seed=3)}

    def forced(i: float, f: float, o: float) -> dict[str, Tensor]:
        fill(lstm)
        with torch.no_grad():
            for place, value in ((0, i), (1, f), (3, o)):
                lstm.b_ih[place * SIZE : (place + 1) * SIZE] = value
        new: dict[str, Tensor] = lstm(x, state)[1]
        return new

    assert torch.equal(forced(-big, big, big)["c"], state["c"])
    g = (lstm.w_ih @ x[0] + lstm.b_ih + lstm.w_hh @ state["h"][0] + lstm.b_hh)[2 * SIZE : 3 * SIZE].tanh()
    torch.testing.assert_close(forced(big, -big, big)["c"][0], g, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(forced(big, -big, big)["h"][0], g.tanh(), atol=1e-12, rtol=1e-12)
    assert not forced(big, big, -big)["h"].any()
    for reset in ("before", "after"):
        gru = GRU(INPUT, SIZE, reset=reset).double()  # type: ignore[arg-type]
        fill(gru)
        with torch.no_grad():
            gru.b_ih[SIZE : 2 * SIZE] = big
        assert torch.equal(gru(x, {"h": state["h"]})[0], state["h"])
        with torch.no_grad():
            gru.b_ih[SIZE : 2 * SIZE] = -big
            gru.b_ih[:SIZE] = -big  # reset: the candidate does not see the past
        n = (gru.w_ih @ x[0] + gru.b_ih)[2 * SIZE :]
        n = n + gru.b_hh[2 * SIZE :] if reset == "before" else n
        torch.testing.assert_close(gru(x, {"h": state["h"]})[0][0], n.tanh(), atol=1e-12, rtol=1e-12)


def test_sinusoids_are_the_papers() -> None:
    """PE(pos, 2i) = sin(pos / 10000^(2i / d)), PE(pos, 2i + 1) = cos(...): ours has all the sines first."""
    size = 6
    got = sinusoids(torch.tensor([[0, 1, 2, 57]]), size, torch.float64)
    for place, pos in enumerate((0, 1, 2, 57)):
        for i in range(size // 2):
            angle = pos / 10000 ** (2 * i / size)
            assert got[0, place, i].item() == pytest.approx(math.sin(angle), abs=1e-12)
            assert got[0, place, size // 2 + i].item() == pytest.approx(math.cos(angle), abs=1e-12)


def test_rotated_scores_depend_on_distance_alone() -> None:
    query, key = draw(1, 1, 1, 8, seed=1), draw(1, 1, 1, 8, seed=2)

    def score(here: int, there: int) -> float:
        turned = rotate(query, torch.tensor([[here]])) * rotate(key, torch.tensor([[there]]))
        return float(turned.sum())

    assert score(3, 1) == pytest.approx(score(50, 48), abs=1e-12)
    assert score(0, 5) == pytest.approx(score(7, 12), abs=1e-12)
    assert score(4, 4) == pytest.approx(float((query * key).sum()), abs=1e-12)
    assert abs(score(3, 1) - score(1, 3)) > 1e-3, "the direction is seen"
    assert abs(score(3, 1) - score(4, 1)) > 1e-3, "the distance is seen"


def test_rotation_turns_pairs_by_the_papers_angles() -> None:
    """Pair i turns by pos * 10000^(-2 (i - 1) / d) (eq. 15 and 34); ours pairs feature i with i + d / 2."""
    x, pos, size = draw(1, 1, 1, 6, seed=3), 7, 6
    got = rotate(x, torch.tensor([[pos]]))[0, 0, 0].tolist()
    given = x[0, 0, 0].tolist()
    for i in range(size // 2):
        angle = pos * 10000 ** (-2 * i / size)
        left, right = given[i], given[i + 3]
        assert got[i] == pytest.approx(left * math.cos(angle) - right * math.sin(angle), abs=1e-12)
        assert got[i + 3] == pytest.approx(left * math.sin(angle) + right * math.cos(angle), abs=1e-12)
