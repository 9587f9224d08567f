"""Near texts: what is near by definition is found, whatever else there is, and nothing else."""

import string
from collections.abc import Sequence

import numpy as np
import pytest

from seqloom.checking import near as nearby
from seqloom.checking.near import BANDS, LEAST, LONG_RUN, NEAR, RUN, bands_of, common, near


def letters(count: int, draw: np.random.Generator, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(draw.choice(list(alphabet), count))


def pairs(asked: Sequence[str], known: Sequence[str], run: int = RUN) -> dict[int, int]:
    found, whole = near(
        (bands_of(asked, run), asked.__getitem__),
        (bands_of(known, run), known.__getitem__),
        np.zeros(len(asked), bool),
        run,
    )
    assert whole and all(share == common(asked[row], known[other], run) >= NEAR for row, other, share in found)
    return {row: other for row, other, _ in found}


def test_the_share_in_common_by_hand() -> None:
    assert common("abcd", "abcd") == 1.0
    assert common("abcd", "abce") == pytest.approx(1 / 3)  # abc of {abc, bcd, bce}
    assert common("ab", "ab") == 0.0  # no run at all


def test_texts_with_a_letter_changed_are_found_and_others_are_not() -> None:
    draw = np.random.default_rng(1)
    known = [letters(90, draw) for _ in range(400)]
    asked = []
    for row, text in enumerate(known[:200]):
        place = int(draw.integers(len(text)))
        asked.append(text[:place] + "#" + text[place + 1 :] if row % 2 else letters(90, draw))
    assert pairs(asked, known) == {row: row for row in range(1, 200, 2)}


def test_korean_of_one_other_word_is_near() -> None:
    text = "이영화는정말재미있고배우들의연기가훌륭해서다시보고싶은마음이드는그런작품이라고생각합니다"
    assert pairs([text.replace("훌륭", "대단")], ["다른글은이것과아무관계가없는글입니다정말로그래요", text]) == {0: 1}


def test_short_texts_have_no_bands() -> None:
    bands = bands_of(["a" * (LEAST - 1), "b" * LEAST])
    assert bands.shape == (2, BANDS) and not bands[0].any() and bands[1].all()
    assert bands_of([]).shape == (0, BANDS)


def test_bands_do_not_depend_on_what_stands_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(2)
    texts = [letters(int(draw.integers(5, 60)), draw) for _ in range(50)]
    whole = bands_of(texts)
    assert np.array_equal(np.concatenate([bands_of([text]) for text in texts]), whole)
    monkeypatch.setattr(nearby, "CHUNK", 7)
    assert np.array_equal(bands_of(texts), whole)


def test_sequences_of_four_letters_need_longer_runs() -> None:
    draw = np.random.default_rng(3)
    known = [letters(400, draw, "acgt") for _ in range(30)]
    asked = [known[0][:200] + "g" + known[0][200:], letters(400, draw, "acgt")]
    assert pairs(asked, known, LONG_RUN) == {0: 0}


def test_of_texts_at_the_border_nearly_all_are_found() -> None:
    draw = np.random.default_rng(4)
    known = [letters(80, draw) for _ in range(300)]
    asked = []
    for text in known:
        cut = list(text)
        for place in draw.choice(80, 2, replace=False):
            cut[place] = "#"
        asked.append("".join(cut))
    wanted = sum(common(a, b) >= NEAR for a, b in zip(asked, known, strict=True))
    assert wanted > 250 and len(pairs(asked, known)) >= 0.97 * wanted


def test_too_many_candidates_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearby, "MOST", 3)
    texts = ["the very same text as all others"] * 8
    bands = bands_of(texts)
    found, whole = near((bands, texts.__getitem__), (bands, texts.__getitem__), np.zeros(8, bool))
    assert not whole and len(found) < 8
