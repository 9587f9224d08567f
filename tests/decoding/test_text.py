"""Text from a language model: what is written and scored equals what the model says step by step, token by token."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqloom.build import Wiring, build
from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK, Vocabulary
from seqloom.decoding.text import Written, _Joiner, score, write
from seqloom.model import SequenceModel
from seqloom.spec import parse

TEXTS = ["hello world\n", "하늘과 바다\n", "the sea, the sky 🐋\n"]
KINDS = ["char", "byte", "bpe", "word"]
VOCABULARIES = {kind: Vocabulary.train(TEXTS * 3, kind, 300) for kind in KINDS}  # type: ignore[arg-type]


def model(kind: str = "lstm", vocabulary: int | None = None, seed: int = 0) -> SequenceModel:
    values = {"task": "language", "target": {"size": 8}, "heads": {"words": {"kind": "tokens"}}}
    sizes = {"size": 8, "heads": 2, "layers": 2} if kind == "transformer" else {"size": 9}
    torch.manual_seed(seed)
    wiring = Wiring(target=len(VOCABULARIES["char"]) if vocabulary is None else vocabulary)
    built = build(parse({**values, "decoder": {"kind": kind, **sizes}}), wiring).double().eval()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.mul_(3.0)  # far from even, so that a slip shows
    return built


def alone(net: SequenceModel, ids: list[int]) -> torch.Tensor:
    """Return ln p of what follows ids, read one by one from an empty State: the definition."""
    state = None
    with torch.no_grad():
        for number in ids:
            logits, state = net.step(torch.tensor([[number]]), state)
    return logits[0].log_softmax(-1)


@pytest.mark.parametrize("kind", ["lstm", "transformer", "mingru"])
def test_a_score_is_the_sum_of_steps(kind: str) -> None:
    net, window = model(kind), 64
    rows = [([5, 7, 8, 6], [7, 8, 6]), ([5, 9], [9]), ([5], []), ([4, 6, 6, 7, 8, 9, 10], [8, 9, 10])]
    by_hand = [
        sum(float(alone(net, read[:place])[read[place]]) for place in range(len(read) - len(scored), len(read)))
        for read, scored in rows
    ]
    assert score(net, rows, window) == pytest.approx(by_hand, abs=1e-10)


def test_a_line_longer_than_the_window_is_read_on_with_its_state() -> None:
    net = model("lstm")
    read = [5 + place * place % 11 for place in range(40)]
    by_hand = sum(float(alone(net, read[:place])[read[place]]) for place in range(1, 40))
    for window in (1, 3, 8, 39, 40):
        assert score(net, [(read, read[1:]), ([5, 6], [6])], window)[0] == pytest.approx(by_hand, abs=1e-9)


@pytest.mark.parametrize("window", [1, 2, 5, 8, 38, 39])
def test_a_line_longer_than_the_window_of_attention_sees_half_a_window(window: int) -> None:
    """The first window scores all it holds; each later one starts so that half a window stands before its first."""
    net = model("transformer")
    read = [5 + place * place % 11 for place in range(40)]
    half, by_hand, done = max(1, window // 2), 0.0, 0
    while done < 39:
        start = max(0, done + half - window) if done else 0
        for place in range(done + 1, min(start + window, 39) + 1):
            by_hand += float(alone(net, read[start:place])[read[place]])
            assert place - start <= window
        done = min(start + window, 39)
    assert score(net, [(read, read[1:])], window)[0] == pytest.approx(by_hand, abs=1e-9)


def written(
    net: SequenceModel, vocabulary: Vocabulary, prompt: str, window: int = 64, **options: object
) -> list[Written]:
    return list(write(net, vocabulary, vocabulary.encode(prompt), window, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_probabilities_are_the_models_own(kind: str) -> None:
    net, vocabulary = model(kind), VOCABULARIES["char"]
    pieces = written(net, vocabulary, "hello", length=12, temperature=0.5, top_k=3, top=4, seed=3)
    ids = vocabulary.encode("hello")
    for piece in pieces:
        expected = alone(net, ids).exp()
        assert piece.probability == pytest.approx(float(expected[piece.id]), abs=1e-9)
        values, places = expected.sort(descending=True)
        assert [p for _, p in piece.alternatives] == pytest.approx(values[:4].tolist(), abs=1e-9)
        assert [name for name, _ in piece.alternatives] == [vocabulary.token(int(place)) for place in places[:4]]
        assert sum(p for _, p in piece.alternatives) <= 1 + 1e-9
        ids.append(piece.id)
    assert len(pieces) == 12


def test_attention_starts_again_from_half_a_window() -> None:
    net, vocabulary, window = model("transformer"), VOCABULARIES["char"], 8
    pieces = written(net, vocabulary, "hello", window, length=30, seed=1)
    ids, seen = vocabulary.encode("hello"), vocabulary.encode("hello")
    for piece in pieces:
        assert piece.probability == pytest.approx(float(alone(net, seen)[piece.id].exp()), abs=1e-9)
        ids.append(piece.id)
        seen.append(piece.id)
        if len(seen) > window:
            seen = seen[-window // 2 :]
    assert len(pieces) == 30


def test_a_recurrent_model_remembers_beyond_the_window() -> None:
    net, vocabulary = model("lstm"), VOCABULARIES["char"]
    near, far = (written(net, vocabulary, "hello", window, length=30, seed=1) for window in (4, 400))
    assert [piece.probability for piece in near] == [piece.probability for piece in far]


def test_a_continuation_scores_as_generate_says() -> None:
    net, vocabulary = model("lstm"), VOCABULARIES["char"]
    (piece,) = written(net, vocabulary, "hel", length=1, top=len(vocabulary))
    alternatives = dict(piece.alternatives)
    ids = vocabulary.encode("hel")
    for letter in "lo 하":
        (number,) = vocabulary.encode(letter)
        assert score(net, [([*ids, number], [number])], 8)[0] == pytest.approx(math.log(alternatives[letter]), abs=1e-9)


def test_watching_the_prompt() -> None:
    net, vocabulary = model("lstm"), VOCABULARIES["char"]
    pieces = written(net, vocabulary, "hell", length=1, watch_prompt=True, top=3)
    assert [piece.token for piece in pieces[:3]] == ["e", "l", "l"]
    assert [piece.text for piece in pieces[:3]] == ["", "", ""]
    ids = vocabulary.encode("hell")
    for place, piece in enumerate(pieces, 1):
        assert piece.probability == pytest.approx(float(alone(net, ids[:place])[piece.id].exp()), abs=1e-9)
        assert sum(p for _, p in piece.alternatives) <= 1 + 1e-9


def text_of(pieces: list[Written]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_make_up_the_text(kind: str) -> None:
    vocabulary = VOCABULARIES[kind]
    net = model("lstm", len(vocabulary))
    prompt = "하늘 sea"
    for seed in range(5):
        pieces = written(net, vocabulary, prompt, length=60, seed=seed, temperature=2.0)
        ids = vocabulary.encode(prompt)
        whole = vocabulary.decode(ids + [piece.id for piece in pieces if piece.id >= 0])
        assert vocabulary.decode(ids) + text_of(pieces) == whole
        assert not {PAD, BOS, SEP, UNK} & {piece.id for piece in pieces}
        assert len([piece for piece in pieces if piece.id >= 0]) == 60


@pytest.mark.parametrize("kind", ["byte", "bpe", "char", "word"])
@given(data=st.data())
def test_any_ids_come_out_as_their_whole_decoding(kind: str, data: st.DataObject) -> None:
    """Hangul cut anywhere, and bytes that are no text at all."""
    vocabulary = VOCABULARIES[kind]
    known = [EOS, *range(4, len(vocabulary))] if kind == "word" else range(4, len(vocabulary))
    noise = st.one_of(
        st.lists(st.sampled_from(known), max_size=12),
        st.lists(
            st.sampled_from([number for number in known if "\\x" in vocabulary.token(number)] or known), max_size=30
        ),
    )
    text = st.sampled_from(["하늘", "🐋", "sea\n", "한"]).map(vocabulary.encode)
    parts = data.draw(st.lists(st.one_of(noise, text), max_size=5))
    prompt = vocabulary.encode(data.draw(st.sampled_from(["h", "하늘", "sea"])))
    ids = [number for part in parts for number in part]
    joiner = _Joiner(vocabulary, prompt, None)
    streamed = "".join(joiner.add(number) for number in ids)
    assert kind == "word" or len(vocabulary.decode(prompt + ids)) - len(vocabulary.decode(prompt) + streamed) <= 12
    streamed += joiner.flush()
    assert vocabulary.decode(prompt) + streamed == vocabulary.decode(prompt + ids)


@pytest.mark.parametrize("kind", ["byte", "bpe"])
def test_no_piece_holds_part_of_a_letter(kind: str) -> None:
    vocabulary = VOCABULARIES[kind]
    text = "한글은 아름답다 🐋 갉"
    joiner = _Joiner(vocabulary, vocabulary.encode("h"), None)
    pieces = [joiner.add(number) for number in vocabulary.encode(text)]
    assert "".join(pieces) == text
    assert joiner.flush() == ""
    assert not any("\ufffd" in piece for piece in pieces)
    assert "" in pieces, "a letter came before its last byte"


@given(
    text=st.text("ab하", max_size=12),
    stop=st.text("ab하", min_size=1, max_size=4),
    kind=st.sampled_from(["char", "byte"]),
)
def test_a_stop_text_cuts_exactly(text: str, stop: str, kind: str) -> None:
    vocabulary = Vocabulary.train(["ab하"], kind)  # type: ignore[arg-type]
    joiner = _Joiner(vocabulary, vocabulary.encode("a"), stop)
    streamed = ""
    for number in vocabulary.encode(text):
        streamed += joiner.add(number)
        assert text.startswith(streamed) and stop not in streamed
        if joiner.stopped:
            break
    streamed += "" if joiner.stopped else joiner.flush()
    assert joiner.stopped == (stop in text)
    assert streamed == text.partition(stop)[0]


@pytest.mark.parametrize("kind", KINDS)
def test_writing_ends_before_its_stop(kind: str) -> None:
    vocabulary = VOCABULARIES[kind]
    net = model("lstm", len(vocabulary), seed=1)
    free = text_of(written(net, vocabulary, "hello", length=60, seed=4))
    stop = free[10:13]
    place = free.index(stop)
    assert text_of(written(net, vocabulary, "hello", length=60, seed=4, stop=stop)) == free[:place]


def test_seeds(tmp_path: Path) -> None:
    net, vocabulary = model("lstm"), VOCABULARIES["char"]
    first, again, other = (text_of(written(net, vocabulary, "h", length=40, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other
    torch.manual_seed(5)
    before = torch.get_rng_state()
    written(net, vocabulary, "h", length=4)
    assert torch.equal(before, torch.get_rng_state())
