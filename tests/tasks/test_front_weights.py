"""A training that starts from a file of weights, and a run that needs the file no more."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from seqloom.build import Wiring, build
from seqloom.errors import InputError
from seqloom.fronts.front import MediaShape
from seqloom.layers.resnet import ResidualNet
from seqloom.spec import Spec, parse
from seqloom.tasks.front_weights import foretold, front_weights

SHAPE = MediaShape("image", (8, 8, 3))


def spec(weights: str | None, **front: object) -> Spec:
    part = {"kind": "cnn", "widths": [8, 16], **front, **({} if weights is None else {"weights": weights})}
    source = {"tokens": "image", "front": part, "size": 6}
    heads = {"label": {"kind": "label"}}
    return parse({"task": "classify", "source": source, "target": {}, "encoder": {"kind": "bag"}, "heads": heads})


@pytest.fixture
def file(tmp_path: Path) -> str:
    torch.manual_seed(3)
    save_file(ResidualNet(3, widths=(8, 16)).state_dict(), tmp_path / "w.safetensors")
    return str(tmp_path / "w.safetensors")


def test_the_model_that_is_built_has_the_weights_of_the_file(file: str) -> None:
    torch.manual_seed(3)
    wanted = ResidualNet(3, widths=(8, 16)).state_dict()
    told = Wiring(media=SHAPE, labels={"label": (["a", "b"], [1, 1])}, weights=front_weights(spec(file)))
    net = build(spec(file), told).source.net.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(net[name], value) for name, value in wanted.items())
    assert foretold(spec(file), SHAPE) == [f"{file}: 18 of 18 tensors of the network start from the file."]


def test_a_loaded_run_needs_no_file(file: str) -> None:
    Path(file).unlink()
    build(spec(file), Wiring(media=SHAPE, labels={"label": (["a", "b"], [1, 1])}))
    with pytest.raises(InputError, match=r"no file .*w\.safetensors: give a safetensors file"):
        foretold(spec(file), SHAPE)


def test_without_a_file_nothing_is_read_or_said() -> None:
    assert front_weights(spec(None)) == {} and foretold(spec(None), SHAPE) == []


def test_what_does_not_fit_names_the_file(file: str) -> None:
    with pytest.raises(InputError, match=r"w\.safetensors: the file's network has group norm and this one batch norm"):
        foretold(spec(file, norm="batch"), SHAPE)
    with pytest.raises(InputError, match=r"w\.safetensors: conv1\.weight is \[8, 3, 3, 3\] in the file and \[24, 3"):
        foretold(spec(file, widths=[24, 16]), SHAPE)
