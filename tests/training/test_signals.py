"""SIGTERM and Ctrl-C end a real `seqloom train` soon, with everything saved and the code that a shell expects."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from toys import same, weights

from seqloom.training.run import Run, load
from seqloom.training.signals import watched

Fit = Callable[..., Run]


def command(data: Path, out: Path, workers: int) -> list[str]:
    words = ["train", "language", str(data), "--arch", "lstm", "--out", str(out), "--steps", "400", "--device", "cpu"]
    settings = {"decoder.size": 12, "target.size": 8, "fit.window": 16, "fit.batch_tokens": 128, "fit.threads": 1}
    settings |= {"fit.workers": workers, "fit.valid_every": 50, "decoder.dropout": 0.2, "decoder.layers": 2}
    return [*words, *[word for key, value in settings.items() for word in ("-s", f"{key}={value}")]]


@pytest.mark.parametrize(("number", "code", "workers"), [(signal.SIGTERM, 143, 0), (signal.SIGINT, 130, 1)])
def test_a_signal_saves_and_ends(number: int, code: int, workers: int, book: Path, tmp_path: Path) -> None:
    from seqloom.cli.main import main

    out = tmp_path / "하늘 run"
    line = [sys.executable, "-m", "seqloom.cli.main", *command(book, out, workers)]
    child = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True)
    events = out / "events.jsonl"
    waited = time.monotonic()
    while not (events.exists() and '"step": 50' in events.read_text(encoding="utf-8")):
        assert child.poll() is None and time.monotonic() - waited < 60, child.communicate()[1]
        time.sleep(0.02)
    asked = time.monotonic()
    os.killpg(child.pid, number)  # as a terminal does: the loader's processes hear it too
    _, errors = child.communicate(timeout=60)
    assert time.monotonic() - asked < 10
    assert child.returncode == code, errors
    assert "which is saved" in errors and "Traceback" not in errors
    step = max(int(place.name[5:]) for place in (out / "checkpoints").glob("step-*"))
    assert 50 <= step < 400
    assert f"stopped at step {step}, which is saved" in errors
    assert main(["train", "--resume", "--out", str(out)]) == 0
    assert main(command(book, tmp_path / "whole", workers)) == 0
    assert same(weights(load(str(out))), weights(load(str(tmp_path / "whole"))))


def test_a_flag_goes_up_once_and_a_second_ctrl_c_is_heard() -> None:
    before = signal.getsignal(signal.SIGINT)
    with watched() as flag:
        assert not flag
        os.kill(os.getpid(), signal.SIGTERM)
        assert flag and flag.code == 143
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_leaves_signals_alone() -> None:
    seen = []

    def work() -> None:
        with watched() as flag:
            seen.append((bool(flag), signal.getsignal(signal.SIGTERM)))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, before)]
