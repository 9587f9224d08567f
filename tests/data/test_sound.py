"""Recordings: what is read is what was written, and what cannot be used is refused by name."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from real_data import REAL
from sounds import RATE, noise, promising, tone, written

from seqloom.data.media import Item
from seqloom.data.sound import Recording, floats, read_sound
from seqloom.errors import InputError


def opened(path: Path, **how: object) -> Recording:
    return read_sound(Item(path.name, file=path), **how)  # type: ignore[arg-type]


def refused(item: Item | Path, **how: object) -> str:
    item = Item(item.name, file=item) if isinstance(item, Path) else item
    with pytest.raises(InputError) as caught:
        read_sound(item, **how)  # type: ignore[arg-type]
    assert str(caught.value).startswith(item.where)
    return str(caught.value)


def array(values: object, rate: int | None = RATE) -> Item:
    return Item("row 3", array=np.asarray(values), rate=rate)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "A.WAV"])
def test_a_lossless_file_gives_what_was_written(tmp_path: Path, name: str) -> None:
    whole = (tone() * 32767).astype(np.int16)
    path = tmp_path / name
    soundfile.write(path, whole, RATE)
    found = opened(path)
    assert found.samples.dtype == np.int16 and np.array_equal(found.samples, whole)
    assert (found.rate, found.channels, found.seconds) == (RATE, 1, 0.5)
    from_bytes = read_sound(Item("x", data=path.read_bytes()))
    assert np.array_equal(from_bytes.samples, whole)


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.mp3"])
def test_a_lossy_file_gives_nearly_what_was_written(tmp_path: Path, name: str) -> None:
    found = opened(written(tmp_path / name, tone(1.0)))
    assert found.samples.dtype == np.float32 and found.rate == RATE
    spectrum = np.abs(np.fft.rfft(found.samples[2000:6000]))
    assert spectrum.argmax() * RATE / 4000 == 440 and abs(found.seconds - 1) < 0.1


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE", "PCM_24", "PCM_U8"])
def test_other_depths_are_floats(tmp_path: Path, subtype: str) -> None:
    found = opened(written(tmp_path / "a.wav", tone(), subtype=subtype))
    assert found.samples.dtype == np.float32
    assert np.abs(found.samples - tone()).max() < (0.01 if subtype == "PCM_U8" else 1e-6)


def test_int16_is_divided_by_32768() -> None:
    assert floats(np.array([-32768, 16384], np.int16)).tolist() == [-1.0, 0.5]
    assert floats(np.array([0.25], np.float64)).dtype == np.float32


def stereo() -> NDArray[np.float32]:
    return np.stack([tone(), 0.5 * tone(hertz=600)], 1)


def test_channels_are_refused_or_made_one_as_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "two.wav", stereo(), subtype="FLOAT")
    assert "it has 2 channels, and one is read" in refused(path) and "audio.channels=mean" in refused(path)
    mean, first = opened(path, channels="mean"), opened(path, channels="first")
    assert np.allclose(mean.samples, stereo().mean(1)) and np.array_equal(first.samples, stereo()[:, 0])
    assert mean.channels == first.channels == 2
    whole = (stereo() * 32767).astype(np.int16)
    assert np.allclose(read_sound(array(whole), channels="mean").samples, (whole / 32768).mean(1), atol=1e-7)
    assert np.array_equal(read_sound(array(whole), channels="first").samples, whole[:, 0])


def test_an_array_is_read_as_a_file_is() -> None:
    whole = (tone() * 32767).astype(np.int16)
    assert np.array_equal(read_sound(array(whole)).samples, whole)
    assert np.array_equal(read_sound(array(tone()[:, None])).samples, tone())


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.opus", "a.aiff", "a.mp3"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.98])
def test_a_cut_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    path = written(tmp_path / name, noise(16_000))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    said = refused(path)
    assert "cut" in said, said
    assert "cut" in refused(Item("row 1", data=path.read_bytes()))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_header_that_promises_more_than_is_there(tmp_path: Path, order: str) -> None:
    path = promising(tmp_path / "a.wav", 4000, 3000, order)
    assert "6000 of the 8000 bytes of sound" in refused(path)
    assert len(opened(promising(path, 3000, 3000, order)).samples) == 3000


def test_chunks_before_the_data_are_passed_over(tmp_path: Path) -> None:
    path = promising(tmp_path / "a.wav", 3000, 3000)
    data = path.read_bytes()
    odd = b"LIST" + (5).to_bytes(4, "little") + b"INFOx\0"  # an odd length is followed by a byte to fill
    path.write_bytes(data[:36] + odd + data[36:])
    assert len(opened(path).samples) == 3000
    path.write_bytes(data[:36] + odd + data[36:-2])
    assert "5998 of the 6000 bytes of sound" in refused(path)


@pytest.mark.parametrize("tag", [b"", b"ID3\4\0\0\0\0\2\1" + bytes(257)])
def test_a_cut_mp3_is_refused_where_it_counts_its_frames(tmp_path: Path, tag: bytes) -> None:
    path = written(tmp_path / "a.mp3", noise(16_000))
    whole = path.read_bytes()
    path.write_bytes(tag + whole)
    assert len(opened(path).samples) == 16_000
    path.write_bytes(tag + whole[: len(whole) // 2])
    assert "of the 16000 samples that it promises are there" in refused(path)


def test_a_length_that_a_pipe_left_open_is_no_promise(tmp_path: Path) -> None:
    path = promising(tmp_path / "a.wav", 3000, 3000)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert len(opened(path).samples) == 3000


def test_what_is_no_sound_is_said_by_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for content, said in {
        b"<!DOCTYPE html><html>404": "text that begins '<!DOCTYPE h",
        b"\x89PNG\r\n\x1a\n0000": "a PNG picture",
        b"\0\0\0\x18ftypM4A \0\0": "MP4 (M4A)",
        b"PK\x03\x04" + bytes(20): "a ZIP archive",
        bytes(40): "something that begins 00 00",
        b"RIFF\x10\0\0\0AVI LIST": "RIFF of b'AVI '",
    }.items():
        path.write_bytes(content)
        assert said in refused(path) and "WAV, FLAC, OGG" in refused(path)
    path.write_bytes(b"")
    assert "empty (0 bytes)" in refused(path)
    assert "is a folder" in refused(tmp_path)
    assert "cannot be read" in refused(tmp_path / "none.wav")


def test_a_file_that_is_named_for_another_format(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac", tone())
    path = path.rename(tmp_path / "a.wav")
    assert "its name says WAV, and it holds FLAC" in refused(path)
    unnamed = path.rename(tmp_path / "a")
    assert len(opened(unnamed).samples) == 4000, "a name without an ending says nothing"


def test_damage_inside_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac", noise(16_000))
    data = bytearray(path.read_bytes())
    data[8:42] = bytes(34)  # the description of the stream
    path.write_bytes(data)
    assert "cannot be decoded" in refused(path)
    path = tmp_path / "b.wav"
    path.write_bytes(b"RIFF\x24\0\0\0WAVEjunk")
    assert "its data is missing" in refused(path)


def test_nothing_and_silence_are_refused(tmp_path: Path) -> None:
    assert "holds no sample" in refused(written(tmp_path / "none.wav", tone(0.0)))
    assert "holds no sample" in refused(array(np.zeros(0, np.int16)))
    quiet = written(tmp_path / "quiet.wav", tone(0.5) * 0)
    assert "silent from its first sample" in refused(quiet) and "audio.silent=take" in refused(quiet)
    assert not opened(quiet, silent="take").samples.any()
    assert "silent" in refused(array(np.full(800, 0.25, np.float32))), "a constant is no sound"
    assert "silent" in refused(array(np.arange(800, dtype=np.int16) % 2)), "the last bit alone is none"
    one_sided = np.stack([tone() * 0, tone()], 1)
    assert "silent" in refused(array(one_sided), channels="first")
    assert read_sound(array(one_sided), channels="mean").samples.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers(tmp_path: Path, bad: float) -> None:
    samples = tone()
    samples[[800, 900]] = bad
    said = refused(written(tmp_path / "a.wav", samples, subtype="FLOAT"))
    assert "2 of 4000 samples are no finite numbers" in said and "at 0.100 s" in said
    assert "no finite numbers" in refused(array(samples))


def test_arrays_that_are_no_recordings() -> None:
    whole = (tone() * 32767).astype(np.float32)
    assert "go from -1 to 1" in refused(array(whole))
    assert "type int64" in refused(array(np.arange(900)))
    assert "[3, 2, 2] is no recording" in refused(array(np.zeros((3, 2, 2), np.float32)))
    assert "[] is no recording" in refused(array(np.float32(1)))
    assert "more channels than samples" in refused(array(np.zeros((2, 800), np.float32)))
    assert "does not say its rate" in refused(array(tone(), None))
    assert "no rate of sound" in refused(array(tone(), 8))


def test_a_recording_that_is_too_long(tmp_path: Path) -> None:
    path = written(tmp_path / "a.flac", tone(3.0) * 0)
    assert "it lasts 3 s or more, and 2.5 s is the most" in refused(path, longest=2.5)
    assert opened(path, longest=3.0, silent="take").seconds == 3
    assert "audio.longest" in refused(array(tone(3.0)), longest=2.5)


@pytest.mark.skipif(not (REAL / "fsdd").is_dir(), reason="the real data is not here")
def test_real_recordings_are_read() -> None:
    paths = sorted((REAL / "fsdd" / "sample_wav").glob("*.wav"))
    found = [opened(path) for path in paths]
    assert len(found) == 120 and {one.rate for one in found} == {8000}
    assert all(0.1 < one.seconds < 3 for one in found)
