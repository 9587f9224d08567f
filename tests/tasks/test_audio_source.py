"""What a model reads of recordings, and classify over them from a folder of files to a loaded run."""

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from rows_of import again, learn
from sound_files import RATE, archive, folder, sound

from seqloom.build import build
from seqloom.data.media import Item
from seqloom.data.resample import resample
from seqloom.errors import InputError
from seqloom.tasks.audio_source import AudioSource
from seqloom.tasks.classify import Classify
from seqloom.tasks.row_data import Turn
from seqloom.training.run import Run, fit, load


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("tones") / "tones")


def learnt(place: Path, *settings: str) -> tuple[Classify, AudioSource, list[str]]:
    task, notes = learn("classify", place, "source.size=8", "encoder.size=6", *settings, arch="bigru")
    assert isinstance(task.source, AudioSource)
    return task, task.source, notes


def tampered(place: Path, tmp_path: Path) -> Path:
    shutil.copytree(place, tmp_path / "mine")
    return tmp_path / "mine"


def test_the_first_recording_settles_the_rate(place: Path) -> None:
    task, source, notes = learnt(place)
    assert task.spec.audio is not None and task.spec.audio.rate == RATE and source.dims == (40,)
    wanted = "22 different recordings of 5.5 s in all, at 8000 samples a second; 40 features (mel) every 10 ms"
    assert any(note.startswith(wanted) for note in notes), "two of 24 are held out"
    train, valid = task.training(lambda note: None, False)
    assert valid is not None
    batch = train.load(train.order(0)[0])
    source_field = batch.inputs["source"]
    assert source_field.values.shape[2] == 40 and source_field.values.dtype == torch.float32


def test_frames_are_normalised_by_training(place: Path) -> None:
    task, _, _ = learnt(place, "data.valid=null")
    (data, _) = task.training(lambda note: None, False)
    frames = []
    for key in data.order(0):
        field = data.load(key).inputs["source"]
        assert field.mask is not None
        frames.append(field.values[field.mask])
    together = torch.cat(frames)
    assert torch.allclose(together.mean(0), torch.zeros(40), atol=1e-4)
    assert torch.allclose(together.std(0), torch.ones(40), atol=1e-2)


def test_an_archive_is_read_as_the_files_are(place: Path, tmp_path: Path) -> None:
    _, files, _ = learnt(place)
    task, arrays, _ = learnt(archive(tmp_path / "tones.npz"))
    assert arrays.features == files.features
    assert task.labels == ["high", "low"]
    a = files.raw(files.spec, Item("a", file=place / "high" / "00.wav"))
    b = arrays.raw(arrays.spec, Item("b", array=np.load(tmp_path / "tones.npz")["audio"][: len(a)], rate=RATE))
    assert a.dtype == b.dtype == np.int16 and np.abs(a.astype(int) - b).max() <= 1


def test_other_rates_and_channels_are_read_otherwise_and_that_is_said(place: Path, tmp_path: Path) -> None:
    mine = tampered(place, tmp_path)
    wide = sound("high", 99, 16_000)
    soundfile.write(mine / "high" / "x.wav", wide, 16_000, subtype="FLOAT")
    soundfile.write(mine / "high" / "y.wav", np.stack([sound("high", 98), 0 * sound("high", 98)], 1), RATE)
    with pytest.raises(InputError, match=r"high/y\.wav: it has 2 channels, and one is read"):
        learnt(mine)
    _, source, notes = learnt(mine, "audio.channels=mean")
    assert f"{mine}: 1 of 26 items are resampled from 16000 to 8000 samples a second (audio.rate)." in notes
    assert f"{mine}: 1 of 26 items are read by the mean of their 2 channels (audio.channels)." in notes
    raw = source.raw(source.spec, Item("x", file=mine / "high" / "x.wav"))
    assert np.array_equal(raw, resample(wide, 16_000, 8000))


def test_a_rate_that_is_asked_for_is_the_rate_of_all(place: Path) -> None:
    task, source, notes = learnt(place, "audio.rate=16000", "audio.fmax=4000")
    assert source.features.rate == 16_000
    said = "24 of 24 items are resampled from 8000 to 16000 samples a second (audio.rate), with nothing above 4000 Hz."
    assert f"{place}: {said}" in notes
    raw = source.raw(task.spec, Item("x", file=place / "low" / "00.wav"))
    spectrum = np.abs(np.fft.rfft(raw))
    assert 270 <= spectrum.argmax() * 16_000 / len(raw) <= 330


BAD: dict[str, tuple[bytes | None, str]] = {
    "cut": (None, "it is cut"),
    "empty": (b"", "the file is empty"),
    "page": (b"<!DOCTYPE html>", "it is no recording, but text"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_a_bad_file_is_named_or_counted(place: Path, tmp_path: Path, content: bytes | None, said: str) -> None:
    mine = tampered(place, tmp_path)
    whole = (mine / "low" / "03.wav").read_bytes()
    (mine / "low" / "03.wav").write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(InputError, match=rf"low/03\.wav: {said}.*--on-bad-row skip"):
        learnt(mine)
    task, _, notes = learnt(mine, "data.on_bad_row=skip")
    assert any("1 items cannot be used and are left out" in note and said in note for note in notes)
    assert sum(task.counts) < 24


def test_silence_is_read_where_it_is_asked_for(place: Path, tmp_path: Path) -> None:
    mine = tampered(place, tmp_path)
    soundfile.write(mine / "low" / "q.wav", np.zeros(2000), RATE)
    with pytest.raises(InputError, match=r"low/q\.wav: it is silent from its first sample to its last"):
        learnt(mine)
    for way in ("global", "utterance", "running", "none"):
        _, source, _ = learnt(mine, "audio.silent=take", f"audio.normalise={way}")
        raw = source.raw(source.spec, Item("q", file=mine / "low" / "q.wav"))
        assert np.isfinite(source.made(raw, None)).all()


@pytest.mark.parametrize(
    "settings",
    [
        (),
        ("audio.features=mfcc", "audio.deltas=2", "audio.normalise=running", "audio.preemphasis=0.97"),
        ("audio.normalise=utterance", "audio.bands=20", "audio.scale=slaney"),
        ("audio.normalise=none", "audio.window=0.032", "audio.hop=0.016", "audio.fmax=3500"),
    ],
)
def test_what_was_learnt_is_kept(place: Path, tmp_path: Path, settings: tuple[str, ...]) -> None:
    task, source, _ = learnt(place, *settings)
    found = again(task, tmp_path)
    assert found.source.digest == source.digest and found.digest() == task.digest()
    raw = source.raw(task.spec, Item("x", array=sound("low", 5)))
    made = source.made(raw, None)
    assert np.array_equal(found.source.made(raw, None), made)
    assert made.shape == (source.length(task.spec, raw), *source.dims)


def test_settings_change_the_digest(place: Path) -> None:
    digests = {
        learnt(place, *settings)[1].digest
        for settings in ((), ("audio.bands=30",), ("audio.normalise=running",), ("audio.hop=0.02",))
    }
    assert len(digests) == 4


@pytest.mark.parametrize("front", ["stack", "cnn1d", "{kind: cnn1d, causal: true}", "{kind: stack, frames: 3}"])
def test_neighbours_and_padding_are_invisible(place: Path, front: str) -> None:
    task, source, _ = learnt(place, f"source.front={front}")
    torch.manual_seed(0)
    model = build(task.spec, task.wiring()).eval()
    rows = [source.raw(task.spec, Item("x", array=sound("low", number))) for number in range(4)]

    def told(some: list[Any], pad: int = 0) -> torch.Tensor:
        batch = task.batch(some)
        field = batch.inputs["source"]
        assert field.mask is not None
        values = torch.nn.functional.pad(field.values, (0, 0, 0, pad), value=99.0)
        mask = torch.nn.functional.pad(field.mask, (0, pad))
        with torch.no_grad():
            return model(type(batch)({"source": type(field)(values, mask)}))[0]["label"]

    together = told(rows)
    assert torch.allclose(together, torch.cat([told([row]) for row in rows]), atol=1e-5)
    assert torch.allclose(together, told(rows, 5), atol=1e-5) and together.std() > 1e-4


def test_variations_follow_from_seed_epoch_and_row_and_spare_validation(place: Path) -> None:
    ways = ("audio.speed=0.1", "audio.noise=10", "audio.band_masks=1", "audio.time_masks=1")
    task, _, _ = learnt(place, *ways)
    train, valid = task.training(lambda note: None, False)
    assert valid is not None

    def read(data: Any, epoch: int) -> dict[int, torch.Tensor]:
        found = {}
        for key in data.order(epoch):
            batch = data.load(key)
            field = batch.inputs["source"]
            found |= {row: field.values[place][field.mask[place]] for place, row in enumerate(batch.rows)}
        return found

    first, same, other = read(train, 0), read(train, 0), read(train, 1)
    assert all(torch.equal(first[row], same[row]) for row in first)
    assert all(first[row].shape != other[row].shape or not torch.equal(first[row], other[row]) for row in first)
    alone = {row: train.load(Turn(np.array([row]), 0)).inputs["source"].values[0] for row in first}  # type: ignore[attr-defined]
    assert all(torch.equal(first[row], alone[row]) for row in first), "whatever else is in the batch"
    assert all(torch.equal(one, two) for one, two in zip(read(valid, 0).values(), read(valid, 1).values(), strict=True))


def test_a_stream_hears_what_the_whole_gives(place: Path) -> None:
    for way in ("running", "global", "none"):
        _, source, _ = learnt(place, f"audio.normalise={way}")
        samples = sound("high", 3)
        stream = source.stream()
        pieces = [stream.push(samples[at : at + 333]) for at in range(0, len(samples), 333)]
        assert np.allclose(np.concatenate([*pieces, stream.finish()]), source.made(samples, None), atol=1e-5)
    with pytest.raises(InputError, match=r"audio\.normalise=utterance must hear"):
        learnt(place, "audio.normalise=utterance")[1].stream()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("audio.fmax=5000", "4000 Hz at most, half of audio.rate=8000"),
        ("audio.bands=200", "lies between two bins"),
        ("audio.hop=0.1", "longer than audio.window"),
        ("audio.rate=10", "rate"),
        ("audio.channels=both", "channels"),
        ("audio.tempo=2", "tempo"),
    ],
)
def test_settings_that_cannot_be(place: Path, setting: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        learnt(place, setting)


@pytest.mark.parametrize(("package", "wanted"), [("soundfile", "soundfile"), ("soxr", "soxr")])
def test_what_is_not_installed_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, package: str, wanted: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"needs {wanted}: pip install 'seqloom\[audio\]'"):
        learnt(place, "audio.rate=16000")


@pytest.fixture(scope="module")
def run(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a trained run; it is only read."""
    torch.set_num_threads(1)
    settings = [
        "source.size=16",
        "encoder.size=16",
        "fit.steps=40",
        "fit.lr=0.02",
        "source.dropout=0",
        "data.valid=0.2",
    ]
    return fit("classify", str(place), arch="bigru", out=str(tmp_path_factory.mktemp("run") / "run"), settings=settings)


def test_high_is_told_from_low_however_it_is_given(run: Run, place: Path, tmp_path: Path) -> None:
    path = tmp_path / "new.wav"
    soundfile.write(path, sound("high", 77), RATE)
    rows = [
        str(path),
        path.read_bytes(),
        sound("high", 77),
        (sound("high", 77, 44_100), 44_100),
        torch.from_numpy(sound("low", 78)),
        (np.stack([sound("low", 79)], 1), RATE),
    ]
    told = list(run.predict(rows))
    assert [one.label for one in told] == ["high"] * 4 + ["low"] * 2
    assert told[0].probabilities == told[1].probabilities
    assert told[2].probabilities == pytest.approx(told[0].probabilities, abs=1e-3)


def test_a_run_is_loaded_as_it_was(run: Run, place: Path) -> None:
    other = folder(place.parent / "other", 3)
    ours, theirs = run.evaluate(str(other)), load(run.folder).evaluate(str(other))
    assert ours["metrics"] == theirs["metrics"] if "metrics" in ours else ours == theirs
    told = [(row, one.label) for row, one in run.predict_file(str(other))]
    assert len(told) == 6 and all(label in str(row) for row, label in told)


def test_rows_that_are_no_recordings(run: Run, tmp_path: Path) -> None:
    for row, said in (
        ("nowhere.wav", "no such file"),
        (b"RIFF of something", "it is no recording, but RIFF of b'some'"),
        (b"RIFF\x24\0\0\0WAVE", "its data is missing"),
        (np.zeros(900, np.int64), "type int64"),
        (np.full(900, np.nan), "no finite numbers"),
        (3, "is int: give a path"),
    ):
        with pytest.raises(InputError, match=said):
            list(run.predict([row]))
