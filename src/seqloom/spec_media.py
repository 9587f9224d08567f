"""The sections of a spec that say how recordings, pictures and films are read."""

from typing import Any, Literal

from pydantic import Field, field_validator

from seqloom.section import Section


class MediaSpec(Section):
    """Where the items of a collection are found."""

    root: str | None = None
    """A folder or an archive in which the paths (or names) of a table are looked up; None: beside the table."""
    id: str | None = None
    """In an archive of arrays: the array of names by which a table's cells find its items; None: their numbers."""
    memory: int = Field(2048, ge=0)
    """MiB of decoded items that are kept; what is beyond is read again whenever it is asked for."""


class AudioSpec(Section):
    """How a recording becomes frames of numbers."""

    form: Literal["ctc", "attention", "hybrid"] | None = None
    """Transcribe: labels of frames (CTC), a decoder that attends to them, or both; None: as the architecture is."""
    rate: int | None = Field(None, ge=1000, le=384_000)
    """Samples a second; recordings of others are resampled, which is said. None: that of the first recording."""
    channels: Literal["refuse", "mean", "first"] = "refuse"
    """What is read of several channels: nothing, their mean, or the first of them."""
    silent: Literal["refuse", "take"] = "refuse"
    """Whether a recording without any sound is refused."""
    longest: float = Field(600.0, gt=0)
    """Seconds that a recording may last; a longer one is refused before it is decoded."""
    features: Literal["mel", "mfcc"] = "mel"
    """What is measured of each frame: the logarithms of mel bands, or cepstra of them."""
    window: float = Field(0.025, gt=0)
    """Seconds of a frame."""
    hop: float = Field(0.01, gt=0)
    """Seconds from one frame to the next."""
    bands: int = Field(40, ge=1, le=512)
    coefficients: int = Field(13, ge=1)
    """mfcc: how many cepstra."""
    fmin: float = Field(20.0, ge=0)
    """Hertz at which the bands begin."""
    fmax: float | None = Field(None, gt=0)
    """Hertz at which the bands end; None: half the rate."""
    scale: Literal["htk", "slaney"] = "htk"
    """Whose mel scale: that of HTK, or Slaney's, which librosa and Whisper use."""
    preemphasis: float = Field(0.0, ge=0, lt=1)
    """Share of the sample before that is taken off each, 0.97 in older recognisers: highs count for more."""
    deltas: int = Field(0, ge=0, le=2)
    """1: the slope of each feature beside it, made of two frames to either side; 2: the slope of the slope too."""
    normalise: Literal["global", "utterance", "running", "none"] = "global"
    """Whose mean and deviation: of all training, of the recording itself (which cannot be streamed), or of what was
    heard of it so far."""
    band_masks: int = Field(0, ge=0)
    """Masks over bands that training draws (SpecAugment: Park et al. 2019). This and what follows is drawn anew in each
    epoch."""
    band_width: int = Field(8, ge=1)
    """Bands that a mask covers at most."""
    time_masks: int = Field(0, ge=0)
    """Masks over frames that training draws."""
    time_width: int = Field(20, ge=1)
    """Frames that a mask covers at most."""
    time_share: float = Field(0.2, gt=0, le=1)
    """Share of a recording that a mask covers at most."""
    speed: float = Field(0.0, ge=0, le=0.5)
    """How far from 1 training draws the speed of a recording; 0.1: from 0.9 to 1.1 times."""
    noise: float | None = None
    """Decibels that a recording is above the white noise that training adds, at least; 30 more at most. None: no
    noise."""


class ImageSpec(Section):
    """How a picture becomes an array of numbers [height, width, channels]; of a film, every frame."""

    channels: Literal["auto", "gray", "rgb", "brightness"] = "auto"
    """gray: colours are refused. rgb: gray is read as three colours alike. brightness: colours are read as gray, as
    ITU-R BT.601 weighs them. auto: gray or rgb, as the first picture is."""
    height: int | None = Field(None, ge=1, le=4096)
    """Pixels that every picture is brought to; None: those of the first picture if it has 64 at most each way, else
    64. One given alone is also the other."""
    width: int | None = Field(None, ge=1, le=4096)
    fit: Literal["pad", "crop", "stretch"] = "pad"
    """What becomes of another shape: black beside it, its middle alone, or all of it distorted."""
    alpha: Literal["refuse", "white", "black"] = "refuse"
    """What lies behind a picture that can be seen through."""
    frames: Literal["refuse", "first"] = "refuse"
    """What is read of a file of several pictures."""
    endings: Literal["check", "ignore"] = "check"
    """What becomes of a file that is a picture of another kind than its name says."""
    largest: int = Field(10_000, ge=1)
    """Pixels a side may have; a picture with more is refused before it is decoded."""
    mean: list[float] | None = None
    """Subtracted from each channel of 0 to 1, one number or one a channel; None: the mean of the training pictures."""
    deviation: list[float] | None = None
    """What each channel is then divided by; None: the deviation of the training pictures."""
    flip: Literal["none", "horizontal", "vertical", "both"] = "none"
    """Training mirrors pictures, by a coin. This and what follows is drawn anew in each epoch."""
    shift: float = Field(0.0, ge=0, le=1)
    """Share of height and width that training moves pictures by at most."""
    rotate: float = Field(0.0, ge=0, le=180)
    """Degrees that training turns them by at most, each way."""
    zoom: float = Field(0.0, ge=0)
    """Share that training enlarges them or makes them smaller by at most; 0.2: 1 / 1.2 to 1.2 times."""
    brightness: float = Field(0.0, ge=0, le=1)
    """Share of the range of values that training adds or takes at most."""
    contrast: float = Field(0.0, ge=0)
    """Share that training makes differences larger or smaller by at most."""
    cutout: float = Field(0.0, ge=0, le=1)
    """Side of a square that training blanks, as a share of the shorter side."""

    @field_validator("deviation")
    @classmethod
    def _above_nothing(cls, value: list[float] | None) -> list[float] | None:
        if value is not None and not all(one > 0 for one in value):
            raise ValueError("every deviation is a number above 0, such as 0.5")
        return value

    @field_validator("mean", "deviation", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        """Take a bare number for one of all channels."""
        return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


class VideoSpec(Section):
    """Which frames of a film are read; what becomes of each, the section `image` says."""

    frames: int | None = Field(None, ge=1)
    """So many of each film, evenly; of a shorter film all. None: see rate."""
    rate: float | None = Field(None, gt=0)
    """Frames a second; a film of fewer repeats some. None: every frame."""
    native: float | None = Field(None, gt=0)
    """Frames a second of films that do not say it: folders of frames, arrays."""
    limit: int = Field(256, ge=1)
    """Frames that may be read of one film at most; a film with more is refused."""


class TracksSpec(Section):
    """How the points of a track (the joints of a body, a hand) become a series of numbers."""

    dims: list[int] | None = None
    """Which numbers of a point are read, from 1 ([1, 2, 3]: without how sure the sensor was); None: all."""
    origin: Literal["none", "first", "centre"] | int = "none"
    """What points are measured from: nothing, where each was at first, the mean of all, or one of them, from 1."""
    lost: Literal["keep", "interpolate", "missing"] = "keep"
    """What is read of a point that the sensor lost: its zeros, the way between the frames beside it, or nothing."""
    limit: float | None = Field(None, gt=0)
    """Numbers further from 0 than this were never measured: their point is lost."""
    motion: bool = False
    """Every frame also tells how far each point moved since the one before."""
