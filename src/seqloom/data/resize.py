"""Pictures brought to one size, by lines between pixels and a mean over what shrinks (the bilinear filter with
antialiasing of Pillow and torch), so that a small picture is what the eye sees of a large one."""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

Fit = Literal["pad", "crop", "stretch"]


def resize(pictures: NDArray[Any], height: int, width: int, fit: Fit = "pad") -> NDArray[Any]:
    """Bring pictures [..., height, width, channels] to one size, of the same type.

    Where the shape differs, `pad` puts black beside (half on each side), `crop` leaves out what is too much (half on
    each side), and `stretch` distorts. A picture that has the size already is returned as it is.
    """
    have = pictures.shape[-3:-1]
    if have == (height, width):
        return pictures
    if fit == "stretch":
        return _scaled(pictures, height, width)
    shares = height / have[0], width / have[1]
    if fit == "crop":
        keep = [min(side, max(1, round(want / max(shares)))) for side, want in zip(have, (height, width), strict=True)]
        top, left = (have[0] - keep[0]) // 2, (have[1] - keep[1]) // 2
        return _scaled(pictures[..., top : top + keep[0], left : left + keep[1], :], height, width)
    down, across = (
        min(want, max(1, round(side * min(shares)))) for side, want in zip(have, (height, width), strict=True)
    )
    scaled = _scaled(pictures, down, across)
    framed = np.zeros((*pictures.shape[:-3], height, width, pictures.shape[-1]), pictures.dtype)
    top, left = (height - down) // 2, (width - across) // 2
    framed[..., top : top + down, left : left + across, :] = scaled
    return framed


def _scaled(pictures: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    if flat.shape[1:3] == (height, width):
        return pictures
    tensor = torch.tensor(flat).permute(0, 3, 1, 2)
    made = interpolate(tensor, (height, width), mode="bilinear", antialias=True)
    return np.ascontiguousarray(made.permute(0, 2, 3, 1).numpy()).reshape(
        *pictures.shape[:-3], height, width, pictures.shape[-1]
    )
