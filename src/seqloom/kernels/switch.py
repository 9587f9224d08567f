"""The switch of all fast paths: the environment variable SEQLOOM_KERNELS.

on (or unset)         what this machine and its library can do
off                   the plain forms alone
avx2, avx512, vnni    no higher instructions than these, to see what an older machine does
"""

import os

from seqloom.errors import InputError

VARIABLE = "SEQLOOM_KERNELS"
LEVELS = ("avx2", "avx512", "vnni")
"""Sets of instructions, each holding the one before: AVX2 with FMA; AVX-512 F, BW, DQ and VL; and its VNNI."""


def asked() -> str:
    """Return "on", "off" or a level. Raises InputError for another word."""
    word = os.environ.get(VARIABLE, "on").lower() or "on"
    if word not in ("on", "off", *LEVELS):
        raise InputError(f"{VARIABLE}={word}: it may be on, off, {', '.join(LEVELS)}.")
    return word


def enabled() -> bool:
    """Whether fast paths may be taken at all."""
    return asked() != "off"
