"""Writer: what trained models of every kind write, in float64. A full beam is the exhaustive search by teacher forcing,
cached equals uncached, a batch is its rows, and an ensemble is the mean of probabilities."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from tables import hypothesis, rank, same
from torch import Tensor
from translators import FIRST, Translator, alone, everything, forced, sources, translator

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.data.vocabulary import BOS, EOS
from seqloom.decoding.beam import Beam
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.search import Source, search
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import Memories, check_ensemble, decode, mean_probability
from seqloom.errors import InputError, NumberError
from seqloom.model import SequenceModel
from seqloom.spec import SideSpec, Spec
from seqloom.state import State
from seqloom.tape import Tape

KINDS = ["recurrent", "transformer"]
PENALTIES: list[dict[str, Any]] = [
    {"length_penalty": "none"},
    {"length_penalty": "gnmt", "alpha": 0.6},
    {"length_penalty": "average"},
]


def teacher_forced(one: Translator, source: Batch, found: Hypothesis) -> list[float]:
    ids = [*found.ids, EOS] if found.finished else list(found.ids)
    logprobs = forced(one, source, [ids[:-1]])[0]
    return [float(logprobs[time, token]) for time, token in enumerate(ids)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_beam_is_exhaustive(kind: str) -> None:
    """150 models, each over two sources of unequal length, with each length penalty in turn."""
    for seed in range(150):
        one = translator(seed, kind, 1 + seed % 3)
        limit = 1 + seed % 4 + (seed % 12 == 11)
        batch = sources(one, [1 + seed % 2, 3], seed)
        asked = Settings(beam=2000, best=20, max_length=limit, **PENALTIES[seed % 3])
        for row, got in enumerate(decode([one.model], batch, asked)):
            source = alone(batch, row)
            wanted = [hypothesis(asked, ids, parts) for ids, parts in everything(one, source, limit)]
            same(got, sorted(wanted, key=lambda found: rank(asked, found))[:20])


@pytest.mark.parametrize("kind", KINDS)
def test_logprobs_are_teacher_forced_and_a_batch_is_its_rows(kind: str) -> None:
    for seed in range(25):
        one = translator(seed, kind)
        batch = sources(one, [4, 1, 3, 2], seed)
        asked = Settings(beam=3, best=3, max_length=7, no_repeat=2 * (seed % 2))
        for row, answer in enumerate(decode([one.model], batch, asked)):
            source = alone(batch, row)
            for found in answer:
                assert found.token_logprobs == pytest.approx(teacher_forced(one, source, found), abs=1e-9)
                assert found.logprob == pytest.approx(sum(found.token_logprobs), abs=1e-12)
            same(decode([one.model], source, asked)[0], answer)


@pytest.mark.parametrize("kind", KINDS)
def test_cached_equals_uncached(kind: str) -> None:
    """A State carried along against every step read again from the start."""
    for seed in range(25):
        one = translator(seed, kind)
        batch = sources(one, [2, 4, 1], seed)
        asked = Settings(beam=4, best=4, max_length=8)

        def again(ids: Tensor, state: State, memory: Source | None, one: Translator = one) -> tuple[Tensor, State]:
            written = torch.cat([state["written"], ids[:, None]], 1) if state else ids[:, None]
            assert isinstance(memory, Memories)
            logits, _ = one.model.step(written, None, memory.of[0])
            return logits, {"written": written}

        with torch.no_grad():
            memories = Memories((one.model.read(batch),))
        wanted = search(again, memories, [8] * 3, Beam(4, 3, torch.device("cpu")), asked)
        for ours, theirs in zip(decode([one.model], batch, asked), wanted, strict=True):
            same(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_beam_of_one_is_greedy(kind: str) -> None:
    for seed in range(25):
        one = translator(seed, kind)
        batch = sources(one, [3, 1], seed)
        for row, (found,) in enumerate(decode([one.model], batch, Settings(beam=1, max_length=6))):
            ids: list[int] = []
            while len(ids) < 6 and EOS not in ids:
                logprobs = forced(one, alone(batch, row), [ids])[0, -1]
                logprobs[[0, 1, 3, 4]] = -math.inf
                ids.append(int(logprobs.argmax()))
            assert found.ids == tuple(token for token in ids if token != EOS)


def attentive(seed: int, kind: str, **parts: Any) -> Translator:
    return translator(seed, kind, bridge={"kind": "attention", "score": "scaled_dot", "size": 3}, copies=False, **parts)


@pytest.mark.parametrize("kind", KINDS)
def test_an_ensemble_of_a_model_with_itself_is_the_model(kind: str) -> None:
    one = attentive(3, kind)
    batch, asked = sources(one, [3, 1, 4]), Settings(beam=4, best=3, max_length=8, coverage=0.2)
    for ours, theirs in zip(decode([one.model] * 3, batch, asked), decode([one.model], batch, asked), strict=True):
        same(ours, theirs)


def test_an_ensemble_is_the_mean_of_probabilities() -> None:
    models = [attentive(1, "recurrent"), attentive(2, "transformer"), translator(3, "recurrent", copies=False)]
    batch = sources(models[0], [3, 2])
    asked = Settings(beam=3, best=3, max_length=5)
    for row, answer in enumerate(decode([one.model for one in models], batch, asked)):
        source = alone(batch, row)
        assert len(answer) == 3
        for found in answer:
            ids = [*found.ids, EOS] if found.finished else list(found.ids)
            each = torch.stack([forced(one, source, [ids[:-1]])[0] for one in models])
            mean = each.exp().mean(0).log()
            wanted = [float(mean[time, token]) for time, token in enumerate(ids)]
            assert found.token_logprobs == pytest.approx(wanted, abs=1e-9)


def test_the_mean_of_probabilities_of_half_precision_is_taken_in_full() -> None:
    logits = [torch.tensor([[0.0, 5.0]]).bfloat16(), torch.tensor([[3.0, 0.0]]).bfloat16()]
    wanted = (logits[0].float().softmax(-1) + logits[1].float().softmax(-1)) / 2
    mean = mean_probability(logits)
    assert mean.dtype == torch.float32
    torch.testing.assert_close(mean.exp(), wanted)


def test_an_ensemble_does_not_copy() -> None:
    parts = {"encoder": {"kind": "gru", "size": 4}, "decoder": {"kind": "gru", "size": 4}}
    one = translator(1, "recurrent", copies=True, bridge={"kind": "attention"}, **parts)
    batch, asked = sources(one, [3]), Settings(max_length=4)
    assert decode([one.model], batch, asked)
    with pytest.raises(InputError, match="a head of kind copy has words of its own in every row: take runs whose"):
        decode([one.model, one.model], batch, asked)


def test_an_ensemble_needs_one_vocabulary() -> None:
    check_ensemble({"runs/a": "12345678aa", "runs/b": "12345678aa"})
    check_ensemble({"runs/a": "12345678aa"})
    with pytest.raises(InputError) as caught:
        check_ensemble({"runs/a": "12345678aa", "runs/b": "12345678aa", "runs/다": "87654321bb"})
    assert "runs/다 has other vocabularies than runs/a (sha256 87654321 and 12345678)" in str(caught.value)


@torch.no_grad()
def looked(model: SequenceModel, source: Batch, ids: Sequence[int]) -> Tensor:
    """Return the attention [time, source] that writes ids, in the training pass: the mean over heads and layers."""
    given = torch.tensor([[BOS, *ids[:-1]]])
    target = Field(given, torch.ones_like(given, dtype=torch.bool))
    with Tape(model, only="decoder.*reader.weights") as tape:
        model(Batch({**source.inputs, "target": target}))
    assert tape
    return torch.stack([tape[path][0].mean(0) for path in tape]).mean(0)


MULTIHEAD = {"kind": "attention", "score": "multihead", "heads": 2, "size": 4}


@pytest.mark.parametrize("kind", [*KINDS, "both"])
def test_coverage_is_the_attention_that_each_place_received(kind: str) -> None:
    """Of a ragged batch, hypothesis by hypothesis, against the weights of the training pass and the formula."""
    made = [translator(7, one, bridge=MULTIHEAD, copies=False) for one in (KINDS if kind == "both" else [kind])]
    if kind == "transformer":
        assert made[0].spec.decoder is not None and made[0].spec.decoder["kind"] == "transformer"
    models = [one.model for one in made]
    batch = sources(made[0], [4, 1, 3])
    asked = Settings(beam=5, best=5, max_length=6, length_penalty="gnmt", alpha=0.6, coverage=0.4)
    plain = Settings(beam=5, best=5, max_length=6, length_penalty="gnmt", alpha=0.6)
    changed = 0
    for row, answer in enumerate(decode(models, batch, asked)):
        for found in answer:
            ids = [*found.ids, EOS] if found.finished else list(found.ids)
            seen = torch.stack([looked(model, alone(batch, row), ids) for model in models]).mean(0).sum(0)
            assert float(seen.sum()) == pytest.approx(len(ids))
            penalty = 0.4 * float(seen.clamp(max=1).log().sum())
            assert found.score == pytest.approx(found.logprob / ((5 + len(ids)) / 6) ** 0.6 + penalty, abs=1e-9)
            changed += penalty < -0.01
        assert [one.score for one in answer if one.finished] == sorted(
            (one.score for one in answer if one.finished), reverse=True
        )
    assert changed
    without = decode(models, batch, plain)
    assert any(ours != theirs for ours, theirs in zip(without, decode(models, batch, asked), strict=True))


@pytest.mark.parametrize("to", ["start", "steps"])
def test_coverage_needs_attention(to: str) -> None:
    one = translator(1, "recurrent", bridge={"kind": "context", "to": to}, copies=False)
    with pytest.raises(InputError) as caught:
        decode([one.model], sources(one, [2]), Settings(coverage=0.2))
    assert "no decoder here looks at its source by attention: set coverage=0, or train with -s bridge=attention" in str(
        caught.value
    )


def test_answers_are_as_long_as_their_source_allows() -> None:
    """Twice the source and 20 more, each row its own; here no answer ends, for the end is never the likeliest."""
    one = attentive(3, "recurrent")
    batch = sources(one, [1, 4])
    endless(one.model)
    assert [len(found.ids) for (found,) in decode([one.model], batch, Settings(beam=1))] == [22, 28]
    given = decode([one.model], batch, Settings(beam=1), prefixes=[[FIRST] * 9, []])
    assert [len(found.ids) for (found,) in given] == [29, 28]
    assert [len(found.ids) for (found,) in decode([one.model], batch, Settings(beam=1, max_length=3))] == [3, 3]
    assert [len(found.ids) for (found,) in decode([one.model], batch, Settings(beam=1, min_length=30))] == [51, 51]


def endless(model: SequenceModel) -> None:
    with torch.no_grad():
        model.heads["words"].bias[EOS] = -1e3  # type: ignore[index, operator]


def test_learned_positions_are_the_limit() -> None:
    decoder = {"kind": "transformer", "size": 4, "heads": 2, "layers": 1, "max_positions": 10, "positions": "learned"}
    one = attentive(3, "transformer", decoder=decoder)
    batch = sources(one, [1, 4])
    endless(one.model)
    assert [len(found.ids) for (found,) in decode([one.model], batch, Settings(beam=1))] == [10, 10]
    with pytest.raises(InputError, match=r"max_length=11, but the decoder's positions end at 10\. Ask for at most"):
        decode([one.model], batch, Settings(max_length=11))


def test_a_language_model_goes_on_from_prefixes() -> None:
    spec = Spec(
        task="language",
        target=SideSpec(size=4),
        decoder={"kind": "lstm", "size": 5},
        heads={"words": {"kind": "tokens"}},
    )
    torch.manual_seed(1)
    model = build(spec, Wiring(target=9)).double().eval()
    prefixes = [[6], [7, 5, 8], []]
    answers = decode([model], Batch({}), Settings(beam=3, best=3, max_length=6), prefixes=prefixes)
    for prefix, answer in zip(prefixes, answers, strict=True):
        for found in answer:
            ids = [*found.ids, EOS] if found.finished else list(found.ids)
            assert ids[: len(prefix)] == prefix
            given = torch.tensor([[BOS, *ids[:-1]]])
            with torch.no_grad():
                logits = model(Batch({"target": Field(given)}))[0]["words"][0].log_softmax(-1)
            assert found.token_logprobs == pytest.approx([float(logits[t, n]) for t, n in enumerate(ids)], abs=1e-9)
    with pytest.raises(InputError, match="a model without a source goes on from prefixes, and there are none"):
        decode([model], Batch({}), Settings())


def test_samples_follow_from_the_number_of_their_row() -> None:
    one = attentive(5, "transformer")
    batch = sources(one, [4, 2, 3])
    asked = Settings(samples=3, max_length=8, temperature=1.5)
    together = decode([one.model], batch, asked, numbers=[10, 11, 12])
    for row, answer in enumerate(together):
        same(decode([one.model], alone(batch, row), asked, numbers=[10 + row])[0], answer)
        for found in answer:
            assert found.token_logprobs == pytest.approx(teacher_forced(one, alone(batch, row), found), abs=1e-9)
    others = decode([one.model], batch, asked)
    assert [[found.ids for found in answer] for answer in others] != [
        [found.ids for found in answer] for answer in together
    ]


def test_every_row_of_a_step_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory and State shrink together with the hypotheses that are over."""
    plain, rows = SequenceModel.step, list[int]()

    def watched(model: SequenceModel, ids: Tensor, state: State | None, memory: Any, head: str) -> Any:
        assert len(ids) == len(memory.outputs) == len(memory.mask) == len(memory.keys["decoder"]["0"]["keys"])
        assert state is None or len(state["length"]) == len(ids)
        rows.append(len(ids))
        return plain(model, ids, state, memory, head)

    monkeypatch.setattr(SequenceModel, "step", watched)
    shrunk = 0
    for seed in range(4):  # which of them end some hypotheses sooner than others is up to their weights
        one = attentive(seed, "transformer")
        rows.clear()
        answers = decode([one.model], sources(one, [4, 1, 3, 2]), Settings(beam=4, best=4, max_length=12))
        assert rows[0] == 4 and max(rows) <= 16
        assert {len(answer) for answer in answers} == {4}
        shrunk += rows[-1] < max(rows)
    assert shrunk


def test_a_model_in_training_is_a_mistake() -> None:
    one = attentive(3, "recurrent")
    with pytest.raises(ValueError, match="must be in evaluation mode"):
        decode([one.model.train()], sources(one, [2]), Settings())


def test_a_model_that_has_lost_its_mind_is_refused() -> None:
    one = attentive(3, "recurrent")
    with torch.no_grad():
        one.model.heads["words"].bias[6] = math.nan  # type: ignore[index, operator]
    with pytest.raises(NumberError, match="no token can follow 0"):
        decode([one.model], sources(one, [2]), Settings())


def test_no_rows_no_answers() -> None:
    one = attentive(3, "recurrent")
    empty = Field(torch.zeros(0, 3, dtype=torch.long), torch.zeros(0, 3, dtype=torch.bool))
    assert decode([one.model], Batch({"source": empty}), Settings()) == []
