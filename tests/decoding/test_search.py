"""Search on tiny tables, in float64: a full beam is the exhaustive search, a narrow one is the plain loop, batched or
not; and each promise of the search by itself."""

import math
import random
from itertools import count, pairwise, product
from typing import Any

import pytest
import torch
from tables import Keys, Table, exhaustive, plain_beam, run, same, settings, table
from torch import Tensor

from seqloom.decoding import search as searching
from seqloom.decoding.beam import Beam
from seqloom.decoding.search import search
from seqloom.decoding.settings import Settings
from seqloom.errors import InputError, NumberError
from seqloom.state import State

PENALTIES: list[dict[str, Any]] = [
    {"length_penalty": "none"},
    {"length_penalty": "gnmt", "alpha": 0.6},
    {"length_penalty": "average", "alpha": 1.0},
    {"length_penalty": "average", "alpha": 0.7},
    {"length_penalty": "gnmt", "alpha": 2.0},
    {"length_penalty": "average", "alpha": 0.0},
]
WHOLE = 10_000
"""A beam wider than all that can be written here."""


def rules(chosen: random.Random, model: Table) -> dict[str, Any]:
    """Draw rules: some, none or all of them."""
    words = [token for token in range(model.vocabulary) if token != model.eos]
    given: dict[str, Any] = {}
    if chosen.random() < 0.4:
        given["min_length"] = chosen.randint(1, 3)
    if chosen.random() < 0.4:
        given["no_repeat"] = chosen.randint(1, 3)
    if words and chosen.random() < 0.4:
        given["forbidden"] = tuple(
            tuple(chosen.choices(words, k=chosen.randint(1, 3))) for _ in range(chosen.randint(1, 2))
        )
    return given


@pytest.mark.parametrize("number", range(len(PENALTIES)))
def test_a_full_beam_is_exhaustive(number: int) -> None:
    """100 models for each of six penalties, each with rules and a prefix or without."""
    for seed in range(100):
        chosen = random.Random(seed)
        model, limit = table(seed, chosen.randint(2, 5)), chosen.randint(1, 5 if seed % 4 == 0 else 4)
        given = {} if seed % 2 else rules(chosen, model)
        words = [token for token in range(model.vocabulary) if token != model.eos]
        prefix = chosen.choices(words, k=chosen.randrange(limit)) if words and seed % 3 == 0 else ()
        asked = settings(model, beam=WHOLE, best=chosen.choice([1, 5, WHOLE]), **PENALTIES[number], **given)
        (got,) = run(model, asked, [seed], [limit], [prefix])
        same(got, exhaustive(model, asked, seed, limit, prefix)[: asked.best])


def test_a_narrow_beam_is_the_plain_loop() -> None:
    """Side by side with other sentences, of other lengths and prefixes, and alone."""
    for seed in range(100):
        chosen = random.Random(seed)
        model = table(seed, chosen.randint(2, 6), chosen.choice([0.3, 1.5, 3.0]))
        words = [token for token in range(model.vocabulary) if token != model.eos]
        beam = chosen.randint(1, 6)
        asked = settings(
            model, beam=beam, best=chosen.randint(1, beam), **rules(chosen, model), **chosen.choice(PENALTIES)
        )
        keys, limits = [3, 1, 4, 1, 5], [chosen.randint(3, 9) for _ in range(5)]
        prefixes = [chosen.choices(words, k=chosen.choice([0, 0, 1, 2])) if words else [] for _ in keys]
        got = run(model, asked, keys, limits, prefixes)
        for row, (key, limit, prefix) in enumerate(zip(keys, limits, prefixes, strict=True)):
            wanted = plain_beam(model, asked, key, limit, prefix)
            same(got[row], wanted)
            (alone,) = run(model, asked, [key], [limit], [prefix])
            same(alone, wanted)


def test_a_beam_of_one_is_greedy() -> None:
    for seed in range(50):
        model = table(seed, 5)
        asked = settings(model, beam=1, max_length=8)
        (got,) = run(model, asked, [seed])
        ids: list[int] = []
        parts: list[float] = []
        while len(ids) < 8 and model.eos not in ids:
            logprobs = model.after(seed, ids)
            parts.append(max(logprobs))
            ids.append(logprobs.index(parts[-1]))
        assert got[0].ids == tuple(token for token in ids if token != model.eos)
        assert got[0].token_logprobs == pytest.approx(parts, abs=1e-12)


def test_logprobs_are_teacher_forced_and_scores_are_penalised() -> None:
    model = table(3, 5, 0.7)
    asked = settings(model, beam=6, best=6, max_length=7, length_penalty="gnmt", alpha=0.8, no_repeat=2)
    found = [one for answer in run(model, asked, range(20)) for one in answer]
    assert {one.finished for one in found} == {True, False}
    for key, answer in enumerate(run(model, asked, range(20))):
        for one in answer:
            ids = [*one.ids, model.eos] if one.finished else list(one.ids)
            forced = [model.after(key, ids[:place])[token] for place, token in enumerate(ids)]
            assert one.token_logprobs == pytest.approx(forced, abs=1e-12)
            assert one.logprob == pytest.approx(sum(forced), abs=1e-12)
            assert one.score == pytest.approx(sum(forced) / ((5 + len(ids)) / 6) ** 0.8, abs=1e-12)


def test_single_precision_is_right_to_a_hundred_thousandth() -> None:
    model = table(3, 5, 0.7, torch.float32)
    for key, answer in enumerate(run(model, settings(model, beam=4, best=4, max_length=30), range(10))):
        for one in answer:
            ids = [*one.ids, model.eos] if one.finished else list(one.ids)
            forced = sum(model.after(key, ids[:place])[token] for place, token in enumerate(ids))
            assert one.logprob == pytest.approx(forced, abs=1e-5)


def test_n_best_are_distinct_and_in_order() -> None:
    model = table(5, 5, 0.5)
    for answer in run(model, settings(model, beam=7, best=7, max_length=9), range(10)):
        assert len({(one.ids, one.finished) for one in answer}) == 7
        finished = [one for one in answer if one.finished]
        assert answer[: len(finished)] == finished
        for part in (finished, answer[len(finished) :]):
            assert [one.score for one in part] == sorted((one.score for one in part), reverse=True)


@pytest.mark.parametrize("best", [1, 3])
def test_an_early_stop_changes_nothing(best: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With penalties that favour length, where stopping too soon would show."""
    cases = []
    for seed, given in product(range(15), PENALTIES):
        model = table(seed, 4, 2.0)
        cases.append((model, settings(model, beam=4, best=best, max_length=9, **given)))
    stopped = [run(model, asked, [1, 2, 3]) for model, asked in cases]
    steps = [sum(map(len, model.seen)) for model, _ in cases]
    for model, _ in cases:
        model.seen.clear()

    def never(total: Tensor, owner: Tensor, live: Tensor, to_beat: Tensor, *_: Any) -> Tensor:
        return torch.zeros_like(to_beat, dtype=torch.bool)

    monkeypatch.setattr(searching, "settled", never)
    patient = [run(model, asked, [1, 2, 3]) for model, asked in cases]
    assert stopped == patient
    longer = [sum(map(len, model.seen)) for model, _ in cases]
    assert all(short <= long for short, long in zip(steps, longer, strict=True))
    assert sum(steps) < {1: 0.8, 3: 0.98}[best] * sum(longer), "nothing stopped early"


def script(rows: dict[tuple[int, ...], list[float]], vocabulary: int) -> Any:
    """Return a step over probabilities by what is written; every other past knows only the end, which is token 0."""

    def step(ids: Tensor, state: State, memory: Any) -> tuple[Tensor, State]:
        past = torch.cat([state["past"], ids[:, None]], 1) if state else ids[:, None]
        found = [rows.get(tuple(one[1:]), [1.0] + [0.0] * (vocabulary - 1)) for one in past.tolist()]
        return torch.tensor(found, dtype=torch.float64).log(), {"past": past}

    return step


def scripted(rows: dict[tuple[int, ...], list[float]], limit: int = 6, **given: Any) -> list[Any]:
    vocabulary = len(next(iter(rows.values())))
    asked = Settings(**{"never": (), "eos": 0, "bos": 9, "length_penalty": "none", **given})
    (answer,) = search(script(rows, vocabulary), None, [limit], Beam(asked.beam, 1, torch.device("cpu")), asked)
    return answer


def test_a_finished_hypothesis_keeps_its_slot_and_stays_as_it_is() -> None:
    rows = {(): [0.4, 0.35, 0.25], (1,): [0.2, 0.5, 0.3], (1, 1): [0.5, 0.5, 0.0], (1, 1, 1): [1.0, 0.0, 0.0]}
    answer = scripted(rows, beam=2, best=2)
    # The end takes one slot at once, so that (2,) never lives and (1, 2) and (1,) end have no slot beside (1, 1).
    assert [(one.ids, one.finished) for one in answer] == [((), True), ((1, 1), True)]
    assert answer[0].token_logprobs == pytest.approx([math.log(0.4)])
    assert answer[1].logprob == pytest.approx(math.log(0.35 * 0.5 * 0.5))


def test_a_finished_hypothesis_wins_by_its_score_at_the_end() -> None:
    rows = {(): [0.4, 0.35, 0.25], (1,): [0.0, 1.0, 0.0], (1, 1): [0.0, 1.0, 0.0]}
    (short,) = scripted(rows, beam=2)
    (long,) = scripted(rows, beam=2, length_penalty="average")
    assert (short.ids, long.ids) == ((), (1, 1, 1))
    assert long.score == pytest.approx(math.log(0.35) / 4)


def test_a_search_goes_on_while_the_best_can_be_beaten() -> None:
    """After the first step the finished one leads by its mean, and by the last step it has lost."""
    rows = {(): [0.5, 0.3, 0.2], **{(1,) * n: [0.0, 1.0, 0.0] for n in range(1, 7)}}
    assert scripted(rows, 9, beam=2, length_penalty="average")[0].ids == (1,) * 7


def test_a_search_goes_on_while_the_best_can_be_equalled() -> None:
    """(0, 0) ends a step after (1,) with the same ln p, and its ids come first; here the end is token 2."""
    rows = {(): [0.5, 0.5, 0.0], (0,): [1.0, 0.0, 0.0], (1,): [0.0, 0.0, 1.0], (0, 0): [0.0, 0.0, 1.0]}
    assert scripted(rows, beam=2, eos=2)[0].ids == (0, 0)


def test_equals_are_ordered_by_token_then_by_hypothesis() -> None:
    even = {past: [0.25] * 4 for n in range(4) for past in product((1, 2, 3), repeat=n)}
    assert [one.ids for one in scripted(even, beam=3, best=3)] == [(), (1,), (2,)]
    # Without an end, the lowest token after the hypotheses in their order: (1, 1), (2, 1), (3, 1), then (1, 2).
    cut = scripted(even, 2, beam=4, best=4, min_length=3, forbidden=())
    assert [one.ids for one in cut] == [(1, 1), (1, 2), (2, 1), (3, 1)]


def test_equals_beyond_the_beam_are_broken_by_token() -> None:
    flat = {(): [0.0] + [1 / 50] * 50}
    for beam in (1, 2, 7, 49):
        assert [one.ids for one in scripted(flat, beam=beam, best=beam)] == [(n,) for n in range(1, beam + 1)]


def test_rows_that_are_over_leave_the_batch() -> None:
    """Sentences of 1, 2, ... 5 tokens: a greedy batch shrinks by one at each step, a beam by each that finishes."""
    ends = torch.full((5, 6, 3), 0.1, dtype=torch.float64)
    for key, time in product(range(5), range(6)):
        ends[key, time, 0 if time == key else 1] = 0.8
    seen: list[list[int]] = []

    def step(ids: Tensor, state: State, memory: Any) -> tuple[Tensor, State]:
        time = state["time"] + 1 if state else torch.zeros_like(ids)
        seen.append(memory.key.tolist())
        return ends[memory.key, time].log(), {"time": time}

    def decoded(**given: Any) -> list[list[int]]:
        seen.clear()
        asked = Settings(never=(), eos=0, bos=3, **given)
        answers = search(step, Keys(torch.arange(5)), [6] * 5, Beam(asked.beam, 5, torch.device("cpu")), asked)
        assert [one[0].ids for one in answers] == [(1,) * key for key in range(5)]
        return seen

    assert decoded(beam=1) == [list(range(first, 5)) for first in range(5)]
    wide = decoded(beam=3, length_penalty="none")
    assert wide[0] == [0, 1, 2, 3, 4]
    assert wide[1] == sorted(wide[1]) and wide[1].count(4) == 3 - 1  # the end was third best, and took its slot
    assert 0 not in wide[1], "nothing can beat what has finished with 0.8"
    assert all(len(after) <= len(before) for before, after in pairwise(wide[1:]))


def test_max_length_cuts_what_has_not_finished() -> None:
    model = table(2, 4)
    asked = settings(model, beam=2, best=2, max_length=4, min_length=3)
    for key in range(5):
        for one in run(model, asked, [key])[0]:
            assert (len(one.ids), one.finished) in ((4, False), (3, True))
            assert len(one.token_logprobs) == 4


def test_a_cut_hypothesis_ranks_after_a_finished_one() -> None:
    rows = {(): [0.1, 0.9], (1,): [0.1, 0.9], (1, 1): [0.1, 0.9]}
    answer = scripted(rows, 3, beam=2, best=2)
    assert [(one.ids, one.finished) for one in answer] == [((), True), ((1, 1, 1), False)]
    assert answer[0].score < answer[1].score


def test_a_sentence_that_can_write_nothing_answers_something_empty() -> None:
    model = table(0, 3)
    everything = tuple((token,) for token in range(3))
    asked = settings(model, beam=3, best=3, forbidden=everything)
    for answer in run(model, asked, [1, 2]):
        same(answer, [plain_beam(model, asked, 1, 5)[0]])
        assert (answer[0].ids, answer[0].logprob, answer[0].finished) == ((), 0.0, False)


def test_a_hypothesis_that_nothing_may_follow_is_answered_where_there_is_no_better() -> None:
    rows = {past: [0.0, 0.5, 0.5] for n in range(3) for past in product((1, 2), repeat=n)}
    answer = scripted(rows, beam=4, best=4, no_repeat=1)
    assert [(one.ids, one.finished) for one in answer[:2]] == [((1, 2), False), ((2, 1), False)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers_are_refused(bad: float) -> None:
    model = table(0)
    model.scores[(1 * 31 * 7 + model.bos + 1) % 1009] = bad
    with pytest.raises(NumberError, match=r"no token can follow 0: its scores are NaN, infinite or all -inf \(row 1"):
        run(model, settings(model), [2, 1])


def test_a_prefix_is_where_every_answer_begins() -> None:
    model = table(4, 5)
    words = [token for token in range(5) if token != model.eos]
    prefixes = [[], [words[3]], [words[2], words[2], words[0]]]
    asked = settings(model, beam=4, best=4, max_length=8, min_length=3, no_repeat=2, forbidden=((words[2],),))
    for prefix, answer in zip(prefixes, run(model, asked, [1, 1, 1], None, prefixes), strict=True):
        assert len(answer) > 1
        for one in answer:
            assert list(one.ids[: len(prefix)]) == prefix
            assert words[2] not in one.ids[len(prefix) :]


def test_a_prefix_without_room_is_refused() -> None:
    model = table(0)
    with pytest.raises(InputError, match=r"prefix of row 1 has 3 tokens, which leaves no room .* max_length=3"):
        run(model, settings(model), [1, 1], [5, 3], [[], [0, 0, 0]])


def test_coverage_is_read_off_the_state() -> None:
    """Two places; each token looks at its own share of them. The end of (1, 2) has seen both, that of (1, 1) one."""
    looks = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    inner = script({(): [0.0, 1.0, 0.0], (1,): [0.0, 0.6, 0.4]}, 3)

    def step(ids: Tensor, state: State, memory: Any) -> tuple[Tensor, State]:
        logits, after = inner(ids, {"past": state["past"]} if state else {}, memory)
        seen = state["coverage"] if state else torch.full((1, 2), 0.2, dtype=torch.float64)
        return logits, {**after, "coverage": seen + looks[ids.where(ids < 3, 0)]}

    def answers(beta: float) -> list[Any]:
        asked = Settings(beam=2, best=2, never=(), eos=0, bos=9, length_penalty="none", coverage=beta)
        return search(step, None, [6], Beam(2, 1, torch.device("cpu")), asked)[0]

    assert [one.ids for one in answers(0.0)] == [(1, 1), (1, 2)]
    covered = answers(0.5)
    assert [one.ids for one in covered] == [(1, 2), (1, 1)]
    assert covered[0].score == pytest.approx(math.log(0.4))
    assert covered[1].score == pytest.approx(math.log(0.6) + 0.5 * math.log(0.2))
    assert covered[1].logprob == pytest.approx(math.log(0.6))


def test_no_sentence_no_answer() -> None:
    model = table(0)
    assert run(model, settings(model), [], []) == []


def test_a_state_is_left_where_it_is_while_no_row_moves() -> None:
    """Greedy: what a step returned is what the next one gets."""
    model, kept = table(1), []

    def step(ids: Tensor, state: State, memory: Any) -> tuple[Tensor, State]:
        kept.append(state.get("past"))
        logits, after = model.step(ids, state, memory)
        kept.append(after["past"])
        return logits, after

    run(model, settings(model, beam=1, max_length=6, min_length=5), [1, 2], step=step)
    for number in count(1, 2):
        if number + 1 >= len(kept):
            break
        assert kept[number] is kept[number + 1]
