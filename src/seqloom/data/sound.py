"""Recordings: from a file, from bytes or from an array to one channel of samples, checked, and never changed unsaid.

libsndfile (by soundfile) decodes; what it lets pass is looked for here: a file that is cut or named for what it is not,
one without samples, samples that are no numbers, silence, several channels, a length that would fill the memory.
"""

import io
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.data.media import Item
from seqloom.data.sound_container import look
from seqloom.errors import InputError

Samples = NDArray[np.int16] | NDArray[np.float32]
Mix = Literal["refuse", "mean", "first"]
RATES = 1000, 384_000
"""Samples a second that a recording may have."""
QUIET = 2 / 32768
"""Samples that span no more than this are silence: a step of 16 bits to either side."""
UNSAID = 1 << 60
"""More samples than that is how libsndfile says that a header does not count them."""
LOUD = 16.0
"""No recording in numbers of -1 to 1 is as far over; numbers of 16 or 24 bits are."""


@dataclass(frozen=True)
class Recording:
    """One channel of a recording.

    samples   [samples], int16 as the file has them, else float32 from -1 to 1
    rate      samples a second
    channels  how many the file has
    """

    samples: Samples
    rate: int
    channels: int = 1

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate


def read_sound(
    item: Item, *, channels: Mix = "refuse", silent: Literal["refuse", "take"] = "refuse", longest: float = 600.0
) -> Recording:
    """Read a recording: WAV, FLAC, OGG (Vorbis, Opus), AIFF, MP3 or an array [samples] or [samples, channels].

    channels  what becomes of several: refuse, mean (their mean) or first (the first of them)
    silent    whether a recording without any sound is refused
    longest   seconds beyond which a recording is refused, before it is decoded

    Raises InputError, with the place, for what cannot be used.
    """
    found, rate = _array(item) if item.array is not None else _file(item, longest)
    if not len(found):
        raise InputError(f"{item.where}: it holds no sample.")
    _check_length(item.where, len(found), rate, longest)
    if found.dtype != np.int16:
        _check_numbers(item.where, found, rate)
    width = found.shape[1]
    if width > 1 and channels == "refuse":
        raise InputError(
            f"{item.where}: it has {width} channels, and one is read. Write it with one, or train with "
            "-s audio.channels=mean (or first)."
        )
    if width > 1 and channels == "mean":
        samples = floats(found).mean(1, dtype=np.float32)
    else:
        samples = np.ascontiguousarray(found[:, 0])
    if silent == "refuse" and np.ptp(floats(samples)) <= QUIET:
        raise InputError(
            f"{item.where}: it is silent from its first sample to its last. To read silence too, say "
            "-s audio.silent=take."
        )
    return Recording(samples, rate, width)


def shape_of_sound(item: Item) -> tuple[int, int]:
    """Return the rate and the channels of a recording that `read_sound` has read, from its header alone."""
    if item.array is not None:
        found, rate = _array(item)
        return rate, found.shape[1]
    about = _soundfile().info(str(item.file) if item.data is None else io.BytesIO(item.data))
    return about.samplerate, about.channels


def floats(samples: NDArray[Any]) -> NDArray[np.float32]:
    """Return samples as float32 from -1 to 1; int16 is divided by 32768."""
    return samples.astype(np.float32) / np.float32(32768) if samples.dtype == np.int16 else samples.astype(np.float32)


def _array(item: Item) -> tuple[NDArray[Any], int]:
    """Check an array and return it as [samples, channels] with its rate."""
    assert item.array is not None
    array = item.array if item.array.ndim > 1 else item.array[:, None] if item.array.ndim else item.array
    if array.ndim != 2:
        raise InputError(
            f"{item.where}: an array {list(array.shape)} is no recording: give [samples] or [samples, channels]."
        )
    if array.shape[1] > array.shape[0] > 0 or (array.shape[0] and not array.shape[1]):
        raise InputError(
            f"{item.where}: an array {list(array.shape)} has more channels than samples; give [samples, channels]."
        )
    if item.rate is None:
        raise InputError(
            f"{item.where}: an array does not say its rate. Put an array `rate` (samples a second) beside it in the "
            "archive, or say it with -s audio.rate=16000."
        )
    if array.dtype != np.int16 and not np.issubdtype(array.dtype, np.floating):
        raise InputError(
            f"{item.where}: samples of type {array.dtype} are not read: give int16, or floats from -1 to 1."
        )
    return array, _rate(item.where, item.rate)


def _file(item: Item, longest: float) -> tuple[NDArray[Any], int]:
    """Decode a file or its bytes: [samples, channels] and the rate."""
    soundfile = _soundfile()
    container = look(item)
    source = item.file if item.data is None else io.BytesIO(item.data)
    try:
        with soundfile.SoundFile(str(source) if item.data is None else source) as sound:
            rate, frames = _rate(item.where, sound.samplerate), 0 if sound.frames > UNSAID else sound.frames
            if frames > 0:
                _check_length(item.where, frames, rate, longest)
            kind = "int16" if sound.subtype == "PCM_16" else "float32"
            found = _decode(sound, kind, int(longest * rate) + 1)
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{item.where}: it begins as {container.name}, and cannot be decoded ({error.error_string.rstrip('.')}). "
            "It may be cut or damaged: copy it again."
        ) from None
    if len(found) < frames and container.counted:
        raise InputError(
            f"{item.where}: it is cut: {len(found)} of the {frames} samples that it promises are there. Copy it again."
        )
    return found, rate


def _decode(sound: Any, kind: str, most: int) -> NDArray[Any]:
    """Read block by block to the end, or to one sample more than is allowed: a header may promise anything."""
    blocks: list[NDArray[Any]] = []
    total = 0
    while total < most:
        block = sound.read(min(1 << 20, most - total), dtype=kind, always_2d=True)
        if not len(block):
            break
        blocks.append(block)
        total += len(block)
    return np.concatenate(blocks) if blocks else np.zeros((0, 1), np.int16)


def _check_length(where: str, samples: int, rate: int, longest: float) -> None:
    if samples > longest * rate:
        raise InputError(
            f"{where}: it lasts {samples / rate:.0f} s or more, and {longest:g} s is the most that is read at once. "
            "Cut it into pieces, or raise the limit with -s audio.longest=SECONDS."
        )


def _check_numbers(where: str, found: NDArray[Any], rate: int) -> None:
    bad = ~np.isfinite(found).all(1)
    if bad.any():
        first = int(bad.argmax())
        raise InputError(
            f"{where}: {int(bad.sum())} of {len(found)} samples are no finite numbers (NaN or infinite), the first at "
            f"{first / rate:.3f} s. Something went wrong when it was written."
        )
    peak = float(np.abs(found).max())
    if peak > LOUD:
        raise InputError(
            f"{where}: samples reach {peak:g}, and floats go from -1 to 1: save int16, or divide them by 32768."
        )


def _rate(where: str, rate: int) -> int:
    low, high = RATES
    if not low <= rate <= high:
        raise InputError(f"{where}: it says {rate} samples a second, which is no rate of sound ({low} to {high}).")
    return int(rate)


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the package without the library
        raise InputError("reading audio needs soundfile: pip install 'seqloom[audio]'.") from None
    return soundfile
