"""Texts by CTC: greedy and by beam, their probabilities, several models, and the unknown piece."""

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.data.vocabulary import UNK
from seqloom.decoding.ctc_search import listen, rows_of, text_logprobs, transcripts
from seqloom.errors import InputError
from seqloom.heads.ctc import collapse, ids
from seqloom.model import SequenceModel
from seqloom.spec import parse

VOCABULARY = 7


def model(seed: int, *, encoder: str = "gru", hybrid: bool = False) -> SequenceModel:
    torch.manual_seed(seed)
    values = {
        "task": "translate",
        "source": {"size": 4},
        "target": {"size": 4},
        "encoder": {"kind": encoder, "size": 4},
        "heads": {"ctc": {"kind": "ctc"}},
    }
    if hybrid:
        values |= {"bridge": {"kind": "attention"}, "decoder": {"kind": "gru", "size": 4}}
        values["heads"] = {"words": {"kind": "tokens"}, "ctc": {"kind": "ctc"}}
    return build(parse(values), Wiring(source=VOCABULARY, target=VOCABULARY)).double().eval()


def batch(lengths: list[int]) -> Batch:
    values = torch.randint(4, VOCABULARY, (len(lengths), max(lengths)), generator=torch.Generator().manual_seed(1))
    return Batch({"source": Field(values, torch.arange(max(lengths)) < torch.tensor(lengths)[:, None])})


def steps(count: int, seed: int = 0) -> Tensor:
    g = torch.Generator().manual_seed(seed)
    return torch.randn(count, VOCABULARY - 3, generator=g, dtype=torch.float64).log_softmax(-1)


def test_the_probability_of_a_text_is_that_of_all_its_paths() -> None:
    heard = steps(4)
    texts = [[2], [2, 3], [3, 3], [2, 2, 2], []]
    for text, found in zip(texts, text_logprobs(heard, [ids(text) for text in texts]), strict=True):
        paths = [path for path in product(range(4), repeat=4) if collapse(path) == text]
        total = sum(math.exp(sum(float(heard[t, one]) for t, one in enumerate(path))) for path in paths)
        assert found == (pytest.approx(math.log(total), abs=1e-10) if paths else -math.inf)


def test_no_step_tells_the_empty_text_alone() -> None:
    assert text_logprobs(steps(0), [[], [5]]) == [0.0, -math.inf]
    assert [one.ids for one in transcripts(steps(0), 4)] == [()] == [one.ids for one in transcripts(steps(0), 1)]


@pytest.mark.parametrize("beam", [1, 3, 50])
def test_texts_come_best_first_with_their_whole_probability(beam: int) -> None:
    for seed in range(6):
        heard = steps(5, seed)
        found = transcripts(heard, beam, beam)
        assert [one.logprob for one in found] == text_logprobs(heard, [one.ids for one in found])
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert all(one.finished and one.score <= one.logprob + 1e-12 for one in found)
        if beam == 50:  # room for all paths
            assert [one.score for one in found] == pytest.approx([one.logprob for one in found])


def test_a_beam_finds_what_the_best_path_misses() -> None:
    heard = torch.tensor([[0.6, 0.0, 0.4, 0.0]] * 2).double().clamp(min=1e-12).log()
    assert transcripts(heard, 1)[0].ids == ()
    assert transcripts(heard, 4)[0].ids == tuple(ids([2]))


@pytest.mark.parametrize("beam", [1, 5])
def test_the_unknown_piece_is_never_written(beam: int) -> None:
    heard = torch.full((3, 4), -5.0).double()
    heard[:, UNK - 3] = -0.01
    heard[1, 2] = -0.5
    assert transcripts(heard, beam)[0].ids == tuple(ids([2]))
    assert heard[0, UNK - 3] == -0.01  # what is given is left as it is


def test_a_row_is_heard_alike_alone_and_in_company() -> None:
    one, together = model(0), batch([3, 6, 1])
    heard = listen([one], together)
    assert [len(row) for row in heard] == [3, 6, 1]
    for row, length in enumerate([3, 6, 1]):
        values = together.inputs["source"].values[row : row + 1, :length]
        alone = listen([one], Batch({"source": Field(values, torch.ones(1, length, dtype=torch.bool))}))
        torch.testing.assert_close(heard[row], alone[0])


def test_beside_a_decoder_the_encoder_is_heard() -> None:
    both, given = model(0, hybrid=True), batch([4, 2])
    memory, _ = both.encode(given)
    wanted = rows_of(both.heads["ctc"](memory.outputs, memory))
    torch.testing.assert_close(listen([both], given), [one.detach() for one in wanted])


def test_several_models_answer_with_the_mean_of_their_probabilities() -> None:
    models, given = [model(0), model(1)], batch([4, 2])
    each = [listen([one], given) for one in models]
    for row, heard in enumerate(listen(models, given)):
        torch.testing.assert_close(heard.exp(), (each[0][row].exp() + each[1][row].exp()) / 2)


def test_models_of_different_steps_have_no_mean() -> None:
    with pytest.raises(InputError, match="these runs make 4, 1 steps of the same recording"):
        listen([model(0), model(0, encoder="pyramid")], batch([4]))


def test_a_model_in_training_does_not_listen() -> None:
    with pytest.raises(ValueError, match="evaluation mode"):
        listen([model(0).train()], batch([2]))
