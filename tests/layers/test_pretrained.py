"""Weights of a file: what matches is taken to the last bit, what does not is said, what cannot be is refused."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from seqloom.errors import InputError
from seqloom.layers.pretrained import read_weights, take_weights
from seqloom.layers.resnet import Norm, ResidualNet


def net(seed: int, widths: tuple[int, ...] = (8, 16), norm: Norm = "batch", channels: int = 3) -> ResidualNet:
    torch.manual_seed(seed)
    return ResidualNet(channels, widths=widths, norm=norm)


def saved(file: Path, weights: dict[str, Tensor]) -> str:
    save_file({name: value.clone() for name, value in weights.items()}, file)
    return str(file)


@pytest.mark.parametrize("prefix", ["", "backbone.", "model.encoder."])
def test_a_network_continues_from_another(tmp_path: Path, prefix: str) -> None:
    one, other = net(1), net(2)
    one(torch.randn(4, 3, 8, 8))  # its running statistics are no longer those of the start
    weights = {prefix + name: value for name, value in one.state_dict().items()}
    weights |= {prefix + "bn1.num_batches_tracked": torch.tensor(7)}
    weights |= {"fc.weight": torch.zeros(10, 16), "fc.bias": torch.zeros(10)}
    notes = take_weights(other, read_weights(saved(tmp_path / "w.safetensors", weights)))
    assert all(torch.equal(value, one.state_dict()[name]) for name, value in other.state_dict().items())
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(other.eval()(x), one.eval()(x))
    assert notes == [
        "30 of 30 tensors of the network start from the file",
        "what only the file has is left out: fc.bias, fc.weight",
    ]


def test_what_the_file_has_not_starts_at_random_and_is_said() -> None:
    one, other, untouched = net(1, (8,)), net(2), net(2)
    notes = take_weights(other, one.state_dict())
    assert notes[0] == "15 of 30 tensors of the network start from the file"
    assert notes[1].startswith("what the file has not starts at random: layer2.0.conv1.weight, layer2.0.bn1.weight,")
    assert torch.equal(other.conv1.weight, one.conv1.weight)
    assert torch.equal(other.state_dict()["layer2.0.conv1.weight"], untouched.state_dict()["layer2.0.conv1.weight"])


def test_half_precision_is_read_as_float(tmp_path: Path) -> None:
    one = net(1)
    halves = {name: value.bfloat16() for name, value in one.state_dict().items()}
    halves["bn1.num_batches_tracked"] = torch.tensor(7)
    read = read_weights(saved(tmp_path / "w.safetensors", halves))
    assert read["conv1.weight"].dtype == torch.float32 and read["bn1.num_batches_tracked"].dtype == torch.int64
    assert torch.equal(read["conv1.weight"], one.conv1.weight.bfloat16().float())


def test_other_shapes_are_refused_and_nothing_is_changed() -> None:
    other, untouched = net(2), net(2)
    with pytest.raises(
        InputError, match=r"conv1\.weight is \[8, 1, 3, 3\] in the file and \[8, 3, 3, 3\] in the network"
    ):
        take_weights(other, net(1, channels=1).state_dict())
    assert all(torch.equal(value, untouched.state_dict()[name]) for name, value in other.state_dict().items())


@pytest.mark.parametrize(("here", "there"), [("group", "batch"), ("batch", "group")])
def test_another_norm_is_refused(here: Norm, there: Norm) -> None:
    with pytest.raises(InputError, match=rf"file's network has {there} norm and this one {here} norm.*norm={there}"):
        take_weights(net(2, norm=here), net(1, norm=there).state_dict())


def test_a_file_of_something_else() -> None:
    with pytest.raises(InputError, match=r"none of the file's 1 names.*decoder\.x, and the network conv1\.weight"):
        take_weights(net(1), {"decoder.x": torch.zeros(3)})


@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", b"\xff" * 64, b"\x10\x00\x00\x00\x00\x00\x00\x00{broken"])
def test_a_file_that_is_no_safetensors(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"is no safetensors file, or is damaged .*save_file"):
        read_weights(str(file))


def test_a_file_that_is_cut_missing_or_not_finite(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    with pytest.raises(InputError, match=r"no file .*w\.safetensors"):
        read_weights(str(file))
    saved(file, {"a": torch.tensor([1.0, float("nan")])})
    with pytest.raises(InputError, match="a holds numbers that are not finite"):
        read_weights(str(file))
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(InputError, match="damaged"):
        read_weights(str(file))
