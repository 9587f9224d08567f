"""How a run was made: files and their hashes, the spec key by key, the command, versions and machine."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqloom.pages.run_events import Events
from seqloom.pages.run_made import command, files, hashed, made_part
from seqloom.report.figures import Table
from seqloom.training.run import Run

Kept = Callable[[str], tuple[Run, str | None]]


def rows(run: Run, events: Events, digest: str | None = None) -> dict[str, dict[Any, Any]]:
    part = made_part(run, events, digest)
    return {one.title: {row[0]: row[1] for row in one.rows} for one in part.figures if isinstance(one, Table)}


def test_files_have_their_size_and_hash_and_those_that_are_gone_are_named(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = kept("classify")
    content = Path("reviews.tsv").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert hashed(Path("reviews.tsv")) == digest
    assert files(run) == {"reviews.tsv": f"{len(content):,} bytes, SHA-256 {digest}"}
    monkeypatch.setattr("seqloom.pages.run_made.HASHED", 10)
    assert files(run) == {"reviews.tsv": f"{len(content):,} bytes, too large to hash here"}
    run.spec.data.train, run.spec.data.valid, run.spec.data.test = "없는.de,reviews.tsv", ".", "-"
    found = files(run)
    assert (
        found["없는.de"] == "is not there now"
        and found["."] == "a folder"
        and set(found)
        == {
            *("없는.de", "reviews.tsv", "."),
        }
    )


def test_what_the_events_tell_is_told_and_what_they_lack_is_said(kept: Kept) -> None:
    run, _ = kept("classify")
    started = {"event": "started", "device": "cpu", "time": 0.0}
    facts = rows(run, Events([started, {"event": "finished", "seconds": 90.0, "time": 90.0}]))["Facts"]
    assert facts["training took"] == "90 s" and facts["device"] == "cpu"
    assert facts["versions"] == "not written down: it was trained before runs kept them"
    told = {**started, "versions": {"seqloom": "1.2", "torch": "2.9"}, "machine": {"cores": 2}}
    facts = rows(run, Events([told]))["Facts"]
    assert facts["versions"] == "seqloom 1.2, torch 2.9" and facts["machine"] == "cores 2"


def test_every_key_of_the_spec_is_a_row(kept: Kept) -> None:
    run, _ = kept("classify")
    spec = rows(run, Events())["Spec"]
    assert spec["task"] == "classify" and spec["encoder.size"] == "6" and spec["encoder.bidirectional"] == "true"
    assert spec["heads.label.reads"] == "attention" and "data.test" not in spec


def test_rows_that_are_not_those_of_training_are_a_note(kept: Kept) -> None:
    run, _ = kept("classify")
    assert made_part(run, Events(), run.task.rows_digest).notes == []
    assert "NOT those that this run learnt from" in made_part(run, Events(), "other").notes[0]


def test_the_command_has_quotes_where_a_folder_needs_them(kept: Kept) -> None:
    run, _ = kept("classify")
    run.folder = Path("내 runs/a b")
    assert command(run) == "seqloom train --config '내 runs/a b/spec.yaml' --out NEW"
