"""Generate: streamed pieces over any step function, with seeds, stops and the record that --watch shows."""

import math

import pytest
import torch
from torch import Tensor

from seqloom.decoding.generate import Piece, generate
from seqloom.errors import InputError
from seqloom.state import State

WORD = "hello"
LETTERS = "helo"  # the classic: h, e, l, o as ids 0 to 3
STOP = 9


def hello(ids: Tensor, state: State) -> tuple[Tensor, State]:
    """Spell hello from a State that counts the letters read: 90 % on the right one, as a trained network would."""
    count = state["read"]
    assert isinstance(count, Tensor)
    logits = torch.full((len(ids), len(LETTERS)), math.log(0.1 / 3))
    for row, read in enumerate(count.tolist()):
        logits[row, LETTERS.index(WORD[(read + 1) % len(WORD)])] = math.log(0.9)
    return logits, {"read": count + 1}


def begin(rows: int = 1) -> State:
    return {"read": torch.zeros(rows, dtype=torch.long)}


def chain(ids: Tensor, state: State) -> tuple[Tensor, State]:
    """Step from id i to i + 1 surely, whatever the State: rows end at different times."""
    return torch.full((len(ids), 12), -50.0).scatter(1, (ids + 1)[:, None] % 12, 50.0), state


def texts(pieces: list[Piece]) -> list[str]:
    return ["".join(LETTERS[piece.ids[row]] for piece in pieces) for row in range(len(pieces[0].ids))]


def test_hell_to_o() -> None:
    pieces = list(generate(hello, torch.tensor([[0]]), begin(), length=4, temperature=0, top=4))
    assert texts(pieces) == ["ello"]
    assert [piece.position for piece in pieces] == [1, 2, 3, 4]
    last = pieces[-1]
    assert LETTERS[last.top_ids[0, 0]] == "o"
    assert last.top_logprobs[0].exp().tolist() == pytest.approx([0.9, 0.1 / 3, 0.1 / 3, 0.1 / 3], abs=1e-6)
    assert last.top_ids[0].tolist() == [3, 0, 1, 2]  # equals in the order of their ids
    assert last.logprobs[0].item() == pytest.approx(math.log(0.9), abs=1e-6)


def test_the_start_is_read_before_the_first_choice() -> None:
    assert texts(list(generate(hello, torch.tensor([[0, 1, 2, 2]]), begin(), length=1, temperature=0))) == ["o"]


def test_watching_the_start_says_what_was_expected_there() -> None:
    given = torch.tensor([[0, 1, 3]])  # h e o: the o is a surprise
    pieces = list(generate(hello, given, begin(), length=1, temperature=0, top=1, watch_start=True))
    assert [piece.position for piece in pieces] == [1, 2, 3]
    assert [int(piece.ids) for piece in pieces[:2]] == [1, 3]
    assert pieces[0].logprobs.item() == pytest.approx(math.log(0.9), abs=1e-6)
    assert pieces[1].logprobs.item() == pytest.approx(math.log(0.1 / 3), abs=1e-6)
    assert LETTERS[pieces[1].top_ids[0, 0]] == "l"


def test_pieces_come_as_they_are_made() -> None:
    calls = 0

    def counted(ids: Tensor, state: State) -> tuple[Tensor, State]:
        nonlocal calls
        calls += 1
        return chain(ids, state)

    stream = generate(counted, torch.tensor([[0, 1]]), {}, length=5, temperature=0)
    assert calls == 0
    next(stream)
    assert calls == 2
    next(stream)
    assert calls == 3


def test_the_number_of_steps_is_start_plus_length_less_one() -> None:
    seen = []

    def seeing(ids: Tensor, state: State) -> tuple[Tensor, State]:
        seen.append(int(ids))
        return chain(ids, state)

    list(generate(seeing, torch.tensor([[3, 7]]), {}, length=3, temperature=0))
    assert seen == [3, 7, 8, 9]


def test_rows_stop_on_their_own_and_the_stream_with_the_last() -> None:
    pieces = list(generate(chain, torch.tensor([[7], [5]]), {}, length=20, temperature=0, stop={STOP, 11}))
    assert [piece.ids.tolist() for piece in pieces] == [[8, 6], [9, 7], [9, 8], [9, 9]]
    assert [piece.live.tolist() for piece in pieces] == [[True, True], [True, True], [False, True], [False, True]]


def test_a_stop_token_inside_the_start_stops_nothing() -> None:
    pieces = list(generate(chain, torch.tensor([[STOP, 3]]), {}, length=2, temperature=0, stop={STOP}))
    assert [int(piece.ids) for piece in pieces] == [4, 5]


def test_no_length_gives_nothing() -> None:
    assert list(generate(chain, torch.tensor([[0, 1]]), {}, length=0)) == []


def test_a_seed_gives_the_same_text() -> None:
    def text(seed: int) -> list[str]:
        generator = torch.Generator().manual_seed(seed)
        pieces = generate(hello, torch.zeros(4, 1, dtype=torch.long), begin(4), length=30, generator=generator)
        return texts(list(pieces))

    assert text(1) == text(1)
    assert text(1) != text(2)


def test_logprobs_are_the_models_own_whatever_the_sampling() -> None:
    pieces = generate(hello, torch.tensor([[0]]), begin(), length=3, temperature=0.1, forbidden=[0], top_k=2)
    for piece in pieces:
        assert piece.logprobs.item() == pytest.approx(math.log(0.9), abs=1e-6)


def test_forbidden_tokens_never_come() -> None:
    pieces = list(generate(hello, torch.zeros(50, 1, dtype=torch.long), begin(50), length=8, forbidden=[2]))
    assert all(2 not in piece.ids.tolist() for piece in pieces)


def test_no_gradient_is_kept() -> None:
    weight = torch.zeros(1, requires_grad=True)

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        return torch.zeros(len(ids), 3) + weight, {"h": weight * 1}

    assert not any(piece.logprobs.requires_grad for piece in generate(step, torch.tensor([[0]]), {}, length=2))


def test_an_empty_start_is_refused() -> None:
    with pytest.raises(InputError, match="starts from at least one token"):
        next(generate(chain, torch.zeros(1, 0, dtype=torch.long), {}, length=1))


@pytest.mark.parametrize("shape", [{"top_k": 1}, {"top_p": 0.5}, {"min_p": 0.5}])
def test_what_shapes_the_distribution_reaches_it(shape: dict) -> None:
    """Each leaves the letter of 90 % alone; unshaped, forty letters hold another."""
    start, seeded = torch.tensor([[0]]), torch.Generator().manual_seed
    plain = texts(list(generate(hello, start, begin(), length=40, generator=seeded(1))))
    shaped = texts(list(generate(hello, start, begin(), length=40, generator=seeded(1), **shape)))
    assert shaped == ["ello" + "hello" * 7 + "h"] != plain
