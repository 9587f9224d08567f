"""The verbs on recordings that are transcribed: a text each, words with times, streams of files and of raw samples."""

import contextlib
import io
import itertools
import json
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

RATE = 8000
SMALL = ["audio.bands=12", "source.size=12", "encoder.size=16", "target.tokens=symbol", "source.front.causal=true"]
SMALL += ["fit.lr=0.03", "fit.schedule=constant", "fit.warmup=3", "fit.batch_tokens=600", "source.dropout=0"]


def melody(text: str) -> np.ndarray:
    """Return samples: a tone for each word, with a pause after it."""
    hertz = {"low": 400, "high": 1500}
    time = np.arange(RATE // 6) / RATE
    tones = [
        np.concatenate([0.3 * np.sin(2 * np.pi * hertz[one] * time), np.zeros(RATE // 12)]) for one in text.split()
    ]
    noise = np.random.default_rng(len(text)).normal(0, 0.001, sum(map(len, tones)))
    return np.round((np.concatenate(tones) + noise) * 32767).astype("<i2")


def saved(path: Path, text: str) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(melody(text).tobytes())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with recordings, runs/소리 (CTC, causal), runs/both (both ways) and runs/reviews (classify)."""
    from seqloom.cli.main import main

    folder = tmp_path_factory.mktemp("sounds")
    rows = ["path\ttext"]
    for n in range(24):
        text = " ".join(np.random.default_rng(n).choice(["low", "high"], n % 3 + 1))
        saved(folder / f"{n:02}.wav", text)
        rows.append(f"{n:02}.wav\t{text}")
    (folder / "list.tsv").write_text("\n".join(rows) + "\n")
    (folder / "reviews.tsv").write_text("text\tlabel\n" + "".join(f"good {n}\tyes\nbad {n}\tno\n" for n in range(12)))
    small = [word for setting in SMALL for word in ("-s", setting)]
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        train = ["train", "transcribe", "list.tsv", "--valid", "list.tsv", "-s", "fit.valid_every=100", *small]
        assert main([*train, "--arch", "gru", "--steps", "150", "--out", "runs/소리"]) == 0
        assert main([*train, "--arch", "bigru", "--steps", "1", "--out", "runs/both"]) == 0
        assert (
            main(
                [
                    "train",
                    "classify",
                    "reviews.tsv",
                    "--arch",
                    "bag",
                    "--steps",
                    "1",
                    "-s",
                    "source.tokens=word",
                    "--out",
                    "runs/reviews",
                ]
            )
            == 0
        )
    return folder


@pytest.fixture
def here(seqloom: Callable, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.chdir(folder)
    return seqloom


def test_a_file_a_folder_and_a_manifest_are_answered(here: Callable, folder: Path) -> None:
    one = here("predict", "runs/소리", "01.wav")
    assert one.code == 0 and one.out == f"01.wav\t{said(1)}\n"
    several = here("predict", "runs/소리", "list.tsv").out.splitlines()
    assert len(several) == 24 and several[1].split("\t")[-1] == said(1)


def said(n: int) -> str:
    return " ".join(np.random.default_rng(n).choice(["low", "high"], n % 3 + 1))


def test_words_have_times(here: Callable) -> None:
    answer = here("predict", "runs/소리", "05.wav", "--times")
    rows = [line.split("\t") for line in answer.out.splitlines()]
    assert [row[3] for row in rows] == said(5).split() and {row[0] for row in rows} == {"05.wav"}
    begins = [float(row[1]) for row in rows]
    assert begins == sorted(begins) and all(float(row[1]) < float(row[2]) <= 0.8 for row in rows)
    assert "columns: file, begin and end in seconds, word" in answer.err
    found = json.loads(here("predict", "runs/소리", "05.wav", "--times", "--json").out)
    assert found["text"] == said(5) and found["file"] == "05.wav"
    assert [word["text"] for word in found["words"]] == said(5).split()
    assert [f"{word['start']:.2f}" for word in found["words"]] == [row[1] for row in rows]


def test_several_texts_of_a_beam(here: Callable) -> None:
    rows = [line.split("\t") for line in here("predict", "runs/소리", "05.wav", "--n-best", "3").out.splitlines()]
    assert len(rows) == 3 and rows[0][2] == said(5)
    assert here("predict", "runs/소리", "05.wav", "--n-best", "3", "--times").code == 2


def test_errors_of_a_file_are_shown_with_examples(here: Callable) -> None:
    answer = here("evaluate", "runs/소리", "list.tsv")
    assert answer.code == 0
    assert all(name in answer.out for name in ("wer", "cer", "row_error", "source", "target", "answer"))
    values = json.loads(here("evaluate", "runs/소리", "list.tsv", "--json").out)
    assert values["wer"] < 0.3 and values["edits"]["words"]["length"] == 48


def test_a_stream_of_a_file_and_of_samples_says_what_the_whole_says(here: Callable) -> None:
    for n in (1, 5):
        whole = here("predict", "runs/소리", f"{n:02}.wav").out.split("\t")[1]
        streamed = here("predict", "runs/소리", f"{n:02}.wav", "--stream")
        assert streamed.code == 0 and streamed.out == whole
        heard = here("predict", "runs/소리", "--stream", stdin=melody(said(n)).tobytes())
        assert heard.out == whole and "raw samples of 16 bits, little-endian, one channel, 8000 a second" in heard.err


def test_a_stream_for_machines_says_every_change(here: Callable) -> None:
    answer = here("predict", "runs/소리", "05.wav", "--stream", "--json", "--beam", "1")
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [one["final"] for one in found] == [False] * (len(found) - 1) + [True]
    assert len(found) > 2 and found[-1]["text"] == said(5)
    times = [one["seconds"] for one in found]
    assert times == sorted(times) and times[-1] == 0.75
    assert all(later["text"].startswith(sooner["text"]) for sooner, later in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["runs/both", "01.wav", "--stream"], "encoder=gru with encoder.bidirectional=true sees steps that come later"),
        (
            ["runs/소리", "01.wav", "--stream", "--n-best", "2"],
            "--n-best cannot be had of a recording that is not over",
        ),
        (["runs/소리", "01.wav", "--stream", "--times"], "--times cannot be had of a recording that is not over yet"),
        (["runs/소리", ".", "--stream"], ". is a folder: --stream hears one recording."),
        (["runs/소리", "none.wav", "--stream"], "none.wav: no such file."),
        (["runs/소리", "01.wav", "--proba"], "--proba is for labels, and this run's task is transcribe"),
        (["runs/소리", "01.wav", "--prefix", "low"], "--prefix shapes what a decoder writes, and this run has none"),
        (["runs/소리", "01.wav", "--horizon", "3"], "--horizon is for forecasts, and this run's task is transcribe"),
        (
            ["runs/reviews", "--times"],
            "--times is for recordings that are transcribed, and this run's task is classify",
        ),
        (["runs/reviews", "--stream"], "--stream is for recordings that are transcribed"),
    ],
)
def test_what_cannot_be_is_refused(here: Callable, words: list[str], told: str) -> None:
    answer = here("predict", *words)
    assert answer.code == 2 and told in answer.err and "Traceback" not in answer.err


def test_half_a_sample_is_no_end(here: Callable) -> None:
    answer = here("predict", "runs/소리", "--stream", stdin=melody("low").tobytes() + b"\x01")
    assert answer.code == 2 and "stdin ends in the middle of a sample" in answer.err
