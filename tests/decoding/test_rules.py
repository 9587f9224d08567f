"""Rules: what each takes away, token by token, against its definition, and that nothing else changes."""

import random

import pytest
import torch
from tables import may
from torch import Tensor

from seqloom.decoding.rules import Rules
from seqloom.decoding.settings import Settings
from seqloom.errors import InputError

CPU = torch.device("cpu")


def open_(asked: Settings, written: list[list[int]], prefixes: list[list[int]] | None = None) -> list[set[int]]:
    logits = torch.randn(len(written), 9, generator=torch.Generator().manual_seed(0))
    owner = torch.arange(len(written))
    before = logits.clone()
    width = len(written[0])
    rules = Rules(asked, prefixes or [[]] * len(written), CPU)
    allowed: Tensor = rules.apply(logits, torch.tensor(written, dtype=torch.long).view(len(written), width), owner)
    assert torch.equal(logits, before)
    assert torch.equal(allowed[allowed.isfinite()], logits[allowed.isfinite()])
    return [set(row.isfinite().nonzero().flatten().tolist()) for row in allowed]


def test_every_rule_is_its_definition() -> None:
    chosen = random.Random(1)
    for _ in range(300):
        words = [tuple(chosen.choices([5, 6, 7], k=chosen.randint(1, 4))) for _ in range(chosen.randint(0, 3))]
        asked = Settings(
            forbidden=tuple(words), no_repeat=chosen.randint(0, 4), min_length=chosen.randint(0, 3), never=(0, 1, 3)
        )
        length = chosen.randint(0, 7)
        written = [chosen.choices([4, 5, 6, 7], k=length) for _ in range(4)]
        prefixes = [chosen.choices([4, 5, 8], k=chosen.choice([0, length, length + 1, length + 3])) for _ in range(4)]
        wanted = [
            {token for token in range(9) if may(asked, ids, token, prefix)}
            for ids, prefix in zip(written, prefixes, strict=True)
        ]
        assert open_(asked, written, prefixes) == wanted


def test_the_end_waits_for_the_least_length() -> None:
    asked = Settings(min_length=2)
    assert [2 in open_(asked, [ids])[0] for ids in ([], [5], [5, 5])] == [False, False, True]


def test_a_forbidden_word_is_cut_where_it_would_be_complete() -> None:
    asked = Settings(forbidden=((5, 6, 7), (8,)))
    assert [7 in one for one in open_(asked, [[5, 6], [6, 5], [5, 5]])] == [False, True, True]
    assert all(8 not in one for one in open_(asked, [[5, 6]]))


def test_no_n_gram_is_written_twice() -> None:
    one, two, three = (Settings(no_repeat=n) for n in (1, 2, 3))
    ids = [5, 6, 5, 7, 5]
    assert open_(one, [ids])[0] == {2, 8}
    assert open_(two, [ids])[0] == {2, 5, 8}  # 5 6 and 5 7 stand there
    assert open_(three, [ids])[0] == {2, 5, 6, 7, 8}
    assert open_(three, [[5, 6, 7, 5, 6]])[0] == {2, 5, 6, 8}


def test_within_a_prefix_no_other_rule_holds() -> None:
    asked = Settings(forbidden=((5,),), no_repeat=1, min_length=3)
    assert open_(asked, [[5], [5], [5]], [[5, 5], [5, 4], [5]]) == [{5}, {4}, {6, 7, 8}]


def test_ids_of_no_vocabulary_are_refused() -> None:
    with pytest.raises(InputError, match="token 9 is forced or forbidden, but the vocabulary ends at 8"):
        open_(Settings(forbidden=((9,),)), [[]])
    with pytest.raises(InputError, match="token 12 is forced or forbidden, but the vocabulary ends at 8"):
        open_(Settings(), [[]], [[5, 12]])
    with pytest.raises(InputError, match="the prefix of row 1 holds 2, the end of an answer"):
        open_(Settings(), [[], []], [[5], [5, 2]])
