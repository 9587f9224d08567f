"""list: all there is, a line each."""

import json
from collections.abc import Callable

import pytest

from seqloom.cells import CELLS
from seqloom.cli.listing import KINDS, everything
from seqloom.decoders import kinds as decoder_kinds
from seqloom.encoders import kinds as encoder_kinds
from seqloom.fronts import FRONTS
from seqloom.heads import HEADS
from seqloom.presets import PRESETS
from seqloom.tasks import TASKS

TABLES = {
    "tasks": list(TASKS),
    "archs": list(PRESETS),
    "cells": list(CELLS),
    "fronts": list(FRONTS),
    "encoders": encoder_kinds(),
    "decoders": decoder_kinds(),
    "heads": list(HEADS),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_for_each(seqloom: Callable, kind: str) -> None:
    code, out, err = seqloom("list", kind)
    assert code == 0 and err == ""
    names = [line.split()[0] for line in out.splitlines()]
    assert names == TABLES.get(kind, names) == list(everything(kind))
    assert all(len(line.split()) > 1 for line in out.splitlines()), "each says what it is"
    assert json.loads(seqloom("list", kind, "--json").out) == everything(kind)


def test_the_metrics_say_which_way_is_better() -> None:
    metrics = everything("metrics")
    assert metrics["loss"].startswith("less is better") and metrics["accuracy"].startswith("more is better")


def test_sentences_are_whole() -> None:
    assert everything("cells")["gru"] == "The gated recurrent unit"
    assert everything("encoders")["transformer"].startswith("The Transformer encoder (Vaswani et al. 2017, arXiv:")


def test_the_singular_will_do(seqloom: Callable) -> None:
    assert seqloom("list", "cell") == seqloom("list", "cells")


def test_an_unknown_kind_is_said_with_the_nearest(seqloom: Callable) -> None:
    assert seqloom("list", "celsl").err.startswith("seqloom: cannot list 'celsl'; did you mean 'cells'? Known: archs,")
