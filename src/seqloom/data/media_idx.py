"""IDX files, as MNIST and its like come in: pictures in one, labels in another (LeCun, Cortes & Burges 1998).

    0 0 TYPE AXES, a size of four bytes an axis, then the numbers, all big-endian; often gzipped

The labels of `train-images-idx3-ubyte.gz` are looked for beside it as `train-labels-idx1-ubyte.gz`, with or without the
`.gz`; files named otherwise are given as `images=FILE,labels=FILE`.
"""

import re
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqloom.data.blob import find, open_bytes, whole
from seqloom.data.media import Collection, Kind
from seqloom.data.media_arrays import Arrays
from seqloom.data.media_folder import LABEL
from seqloom.errors import InputError

_PLAIN = ("idx3-ubyte", "idx4-ubyte", "idx1-ubyte", ".idx", ".idx1", ".idx3")
ENDINGS = (*_PLAIN, *(f"{ending}.gz" for ending in _PLAIN))
NAMED = re.compile(r"images=(.+?)(?:,labels=(.+))?|labels=(.+),images=(.+)")
TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
"""What the third byte says of the numbers."""
LARGEST = 4 << 30
"""Bytes of numbers that are read; what a header claims is checked before anything is held."""
PICTURE_AXES = (3, 4)


def read_idx(path: str, kind: Kind) -> Collection:
    """Read pictures and, where they are found, their labels. Raises InputError for what is no IDX of pictures, and for
    labels that are not one a picture."""
    pictures_at, labels_at = _files(path)
    if kind != "image":
        raise InputError(f"{path}: IDX files hold pictures, and {kind} is read here: -s source.tokens=image.")
    pictures = load_idx(pictures_at)
    if pictures.ndim not in PICTURE_AXES:
        what = "labels: give the file of their pictures" if pictures.ndim == 1 else "no pictures"
        raise InputError(f"{pictures_at} has {pictures.ndim} axis(es), which are {what}.")
    if not pictures.size:
        raise InputError(f"{pictures_at} holds no picture: its axes are {list(pictures.shape)}.")
    count = len(pictures)
    keys = [str(number) for number in range(count)]
    shelf = Arrays(path, pictures, None, keys, None)
    if labels_at is None:
        beside = " or ".join(_beside(pictures_at)) or "images=FILE,labels=FILE"
        return Collection(path, [], [{}] * count, keys, shelf, notes=[f"{path}: no labels beside it ({beside})"])
    labels = load_idx(labels_at)
    if labels.ndim != 1 or labels.dtype.kind == "f":
        raise InputError(f"{labels_at} has {labels.ndim} axes of {labels.dtype}, expected one whole number a picture.")
    if len(labels) != count:
        raise InputError(
            f"{labels_at} has {len(labels)} labels and {pictures_at} {count} pictures: they do not belong."
        )
    return Collection(path, [LABEL], [{LABEL: str(label)} for label in labels.tolist()], keys, shelf)


def load_idx(path: str) -> NDArray[Any]:
    """Read one IDX file, in this machine's order of bytes. Raises InputError for one that is damaged or none."""
    with open_bytes(find(path), path) as stream, whole(path):
        head = stream.read(4)
        if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES or not head[3]:
            raise InputError(f"{path} is no IDX file: it begins with {head!r}, expected two zeros, a type and axes.")
        sizes = stream.read(4 * head[3])
        if len(sizes) < 4 * head[3]:
            raise InputError(f"{path} ends in its header: it was cut short. Copy or download it again.")
        shape = [int(size) for size in np.frombuffer(sizes, ">u4")]
        dtype = np.dtype(TYPES[head[2]])
        bytes_ = prod(shape) * dtype.itemsize
        if bytes_ > LARGEST:
            raise InputError(f"{path} says that it holds {bytes_ >> 20} MiB {shape}; {LARGEST >> 20} are read at most.")
        data = stream.read(bytes_)
        if len(data) < bytes_:
            raise InputError(
                f"{path} holds {len(data)} bytes of the {bytes_} that its header promises {shape}: it was cut short. "
                "Copy or download it again."
            )
        if stream.read(1):
            raise InputError(
                f"{path} goes on after the {bytes_} bytes that its header promises {shape}: it is damaged."
            )
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def sniff_idx(path: str) -> Kind | None:
    """Tell by its name whether a data argument is pictures in IDX."""
    return "image" if path.lower().endswith(ENDINGS) or (NAMED.fullmatch(path) and not Path(path).exists()) else None


def _files(path: str) -> tuple[str, str | None]:
    """Return where the pictures are and where their labels are, None where there are none."""
    given = NAMED.fullmatch(path)
    if given is not None and not Path(path).exists():
        pictures, labels = (given[1], given[2]) if given[1] else (given[4], given[3])
        return pictures.strip(), labels and labels.strip()
    return path, next((one for one in _beside(path) if Path(one).is_file()), None)


def _beside(path: str) -> list[str]:
    """Return what the labels of a file of pictures may be called."""
    place = Path(path)
    name = re.sub(r"idx[34]", "idx1", place.name.replace("images", "labels").replace("image", "label"))
    if name == place.name:
        return []
    bare = name.removesuffix(".gz")
    return [str(place.with_name(one)) for one in (name, bare if name != bare else f"{bare}.gz")]
