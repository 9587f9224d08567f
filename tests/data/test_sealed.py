"""Files that say what they hold."""

import json
from pathlib import Path

import pytest

from seqloom.data.sealed import seal, unseal
from seqloom.errors import CheckpointError


def digest(made: list[str]) -> str:
    return "-".join(made)


def read(path: Path) -> list[str]:
    return unseal(path, 1, lambda about: list(about["names"]), digest)


def test_what_is_sealed_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "이름.json"
    seal(path, 1, {"names": ["가", "b"]}, "가-b")
    assert read(path) == ["가", "b"]
    assert "가" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"names": ["가", "c"]}, "is not what was saved: its content does not give its sha256"),
        ({"format": 2}, "has format 2; this Seqloom reads 1"),
        ({"names": None}, "is damaged"),
        ({"names": "drop"}, "is damaged: 'names'"),
    ],
)
def test_what_was_changed_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "a.json"
    seal(path, 1, {"names": ["가", "b"]}, "가-b")
    about = json.loads(path.read_text(encoding="utf-8")) | change
    if about["names"] == "drop":
        del about["names"]
    path.write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(CheckpointError) as caught:
        read(path)
    assert str(path) in str(caught.value) and said in str(caught.value)


def test_what_is_missing_or_no_json_is_said(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"a\.json is missing; copy the whole run folder again"):
        read(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(CheckpointError, match="is damaged"):
        read(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    with pytest.raises(CheckpointError, match="is damaged"):
        read(tmp_path / "a.json")
