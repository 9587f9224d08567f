"""Run on a language model: generate and score, after saving and loading too."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from toys import same, tiny, weights

from seqloom.errors import InputError
from seqloom.training.run import Run, fit, load

Fit = Callable[..., Run]


@pytest.fixture(scope="module", params=["lstm", "gpt"])
def run(request: pytest.FixtureRequest, book: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a trained run; it is only read."""
    torch.set_num_threads(1)
    options = tiny(request.param, steps=80, lr=0.02)
    return fit("language", str(book), out=str(tmp_path_factory.mktemp("글") / "run"), **options)


def text(run: Run, prompt: str = "hello", **options: object) -> str:
    return "".join(piece.text for piece in run.generate(prompt, **options))  # type: ignore[arg-type]


def test_evaluation_is_what_training_found(run: Run, book: Path) -> None:
    values = run.evaluate()
    assert values["loss"] < 2.2
    assert values["bits"] > 0 and values["perplexity"] > 1
    assert run.evaluate(str(book))["loss"] < 2.2


def test_same_seed_same_text(run: Run) -> None:
    assert text(run, seed=1, length=60) == text(run, seed=1, length=60) != text(run, seed=2, length=60)
    assert text(run, temperature=0.0, length=20) == text(run, temperature=0.0, length=20, seed=9)


def test_far_past_the_window(run: Run) -> None:
    pieces = list(run.generate("hello ", length=100, seed=3))
    assert run.spec.fit.window == 16
    assert len(pieces) == 100
    assert all(0 < piece.probability <= 1 for piece in pieces)
    assert set("".join(piece.text for piece in pieces)) <= set("helloworldandthe하늘바다 \n")


def test_the_prompt_is_watched(run: Run) -> None:
    pieces = list(run.generate("hell", length=1, watch_prompt=True, top=3))
    assert [piece.token for piece in pieces[:3]] == ["e", "l", "l"]
    assert len(pieces) == 4
    for piece in pieces:
        chances = [p for _, p in piece.alternatives]
        assert len(chances) == 3 and chances == sorted(chances, reverse=True) and sum(chances) <= 1 + 1e-9


def test_an_empty_prompt_starts_a_line(run: Run) -> None:
    assert text(run, "", seed=1, length=30) == text(run, "\n", seed=1, length=30)


def test_stop(run: Run) -> None:
    free = text(run, seed=5, length=80)
    assert text(run, seed=5, length=80, stop=free[30:34]) == free[: free.index(free[30:34])]


def test_a_score_sums_what_generate_expects(run: Run) -> None:
    """ln p of a line is that of each of its letters and its end, after the end of a line."""
    line = "hello"
    (scored,) = run.score([line])
    watched = list(run.generate("\n" + line + "\n", length=1, watch_prompt=True))[:-1]
    assert [piece.token for piece in watched] == [*line, "\\n"]
    assert scored.tokens == 6
    by_hand = sum(torch.tensor(piece.probability, dtype=torch.float64).log() for piece in watched)
    assert scored.nats == pytest.approx(float(by_hand), abs=1e-4)


def test_lines_together_equal_lines_alone(run: Run) -> None:
    lines = ["hello", "", "하늘 바다 and the world hello " * 3, "olleh", "the"] * 5
    together = list(run.score(lines))
    assert [one.text for one in together] == lines
    for one, line in zip(together, lines, strict=True):
        assert one.nats == pytest.approx(next(iter(run.score([line]))).nats, abs=1e-4)
    assert together[0].nats > together[3].nats, "a word that was learnt is likelier than its letters in another order"


def test_saved_and_loaded_it_writes_alike(run: Run, tmp_path: Path) -> None:
    run.save(str(tmp_path / "글"))
    again = load(str(tmp_path / "글"))
    assert same(weights(again), weights(run))
    assert text(again, seed=4, length=30) == text(run, seed=4, length=30)
    assert [one.nats for one in again.score(["hello"])] == [one.nats for one in run.score(["hello"])]


def test_a_writer_gives_no_labels(run: Run) -> None:
    with pytest.raises(InputError, match="this run's task is language, which gives no labels; it can `generate` and"):
        next(run.predict(["h"]))
    with pytest.raises(InputError, match="gives no labels"):
        next(run.predict_file("x.tsv"))


def test_init_of_another_language_is_refused(run: Run, small: Fit, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("другой текст\n" * 40, encoding="utf-8")
    with pytest.raises(InputError, match="its vocabulary differs from this data's"):
        fit("language", str(tmp_path / "other.txt"), out=str(tmp_path / "run"), init=str(run.folder), **tiny("lstm"))
