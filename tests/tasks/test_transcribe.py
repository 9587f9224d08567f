"""Transcription from files to text: by CTC, by a decoder and by both; what is refused; what is said."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from spoken_files import RATE, drawn, recorded, spoken

from seqloom.decoding.ctc_search import listen, transcripts
from seqloom.errors import InputError
from seqloom.spec import Spec
from seqloom.tasks.answers import Search
from seqloom.tasks.transcribe import Transcribe
from seqloom.tasks.transcripts import Transcript
from seqloom.training.run import Run, fit, load, plan

SMALL: dict[str, Any] = {
    "source": {"size": 16, "dropout": 0.0, "front": {"kind": "cnn1d", "layers": 2, "causal": True}},
    "target": {"tokens": "char", "size": 8, "dropout": 0.0},
    "encoder": {"kind": "gru", "size": 24},
    "audio": {"bands": 16},
    "fit": {
        "batch_tokens": 600,
        "lr": 0.02,
        "schedule": "constant",
        "warmup": 5,
        "device": "cpu",
        "patience": None,
        "at_least": None,
        "valid_every": 1000,
    },
}
ALONE = {"bridge": None, "decoder": None}


def trained(data: Path, out: Path, form: str, **more: Any) -> Run:
    options = {**SMALL, "audio": {**SMALL["audio"], "form": form}, **more}
    heads = {"ctc": {"dropout": 0.0}, "words": {"dropout": 0.0, "smoothing": 0.0}}
    options["heads"] = {name: heads[name] for name in {"ctc": ["ctc"], "attention": ["words"]}.get(form, list(heads))}
    if form != "ctc":
        options["bridge"] = {"kind": "attention", "score": "additive", "size": 16}
        options["decoder"] = {"kind": "gru", "size": 24, "wiring": "bahdanau"}
    options.setdefault("arch", "gru")
    return fit("transcribe", str(data), valid=0.1, out=str(out), **options)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("spoken")
    recorded(folder, drawn(20, 9), "other.tsv", seed=900)
    return recorded(folder, drawn(60, 1))


@pytest.fixture(scope="module")
def ctc(data: Path) -> Run:
    return trained(data, data.parent / "ctc", "ctc", epochs=10)


@pytest.fixture(scope="module")
def hybrid(data: Path) -> Run:
    return trained(data, data.parent / "hybrid", "hybrid", epochs=10)


def test_ctc_learns_tones_and_measures_them(ctc: Run, data: Path) -> None:
    values = ctc.evaluate(str(data.parent / "other.tsv"))
    assert values["cer"] < 0.1 and values["answered"] == 20
    assert set(values) == {"loss", "wer", "cer", "row_error", "answered", "edits", "samples"}
    edits = values["edits"]["characters"]
    length = sum(len(text) for text in drawn(20, 9))
    assert edits["length"] == length
    assert values["cer"] == pytest.approx((edits["substitutions"] + edits["deletions"] + edits["insertions"]) / length)
    assert {"source", "target", "answer"} == set(values["samples"][0])


def test_a_file_bytes_and_an_array_have_one_transcript(ctc: Run, data: Path) -> None:
    file = data.parent / "other-003.wav"
    rows: list[Any] = [str(file), file.read_bytes(), spoken(drawn(20, 9)[3], 903), (spoken(drawn(20, 9)[3], 903), RATE)]
    found = list(ctc.predict(rows))
    assert len({one.text for one in found}) == 1 and found[0].text == drawn(20, 9)[3]
    assert all(isinstance(one, Transcript) and not one.words for one in found)


def test_a_folder_and_a_manifest_are_answered_row_for_row(ctc: Run, data: Path) -> None:
    found = list(ctc.predict_file(str(data.parent / "other.tsv")))
    alone = [next(ctc.predict([str(data.parent / f"other-{row:03}.wav")])).text for row in range(20)]
    assert [answer.text for _, answer in found] == alone


def test_a_saved_run_answers_alike(ctc: Run, data: Path) -> None:
    rows = [str(data.parent / f"other-{row:03}.wav") for row in range(6)]
    again = load(data.parent / "ctc")
    assert [one.hypotheses for one in again.predict(rows)] == [one.hypotheses for one in ctc.predict(rows)]


def test_beams_give_the_best_of_several_with_their_probabilities(ctc: Run, data: Path) -> None:
    row = str(data.parent / "other-000.wav")
    (found,) = ctc.predict([row], beam=6, best=3)
    assert len(found.hypotheses) == 3 and found.text == found.hypotheses[0].text
    scores = [one.score for one in found.hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert sum(np.exp([one.logprob for one in found.hypotheses])) <= 1 + 1e-9
    (greedy,) = ctc.predict([row], beam=1)
    assert len(greedy.hypotheses) == 1


def test_times_are_where_the_tones_are(ctc: Run) -> None:
    (found,) = ctc.predict([spoken("a c", 5)], times=True)
    assert found.text[0] == "a" and found.text[-1] == "c"
    start, end = found.words[0].start, found.words[-1].end
    # a at 0.03 to 0.15 s, c at 0.35 to 0.47 s: a step is 40 ms, a frame 25 ms
    assert 0 <= start <= 0.25 and 0.3 <= end <= 0.65
    assert all(word.logprob <= 0 and word.start < word.end for word in found.words)


def test_both_heads_rank_together(hybrid: Run, data: Path) -> None:
    values = hybrid.evaluate(str(data.parent / "other.tsv"))
    assert {"words.loss", "ctc.loss", "ctc.wer", "wer", "cer", "gap.wer", "token_accuracy"} <= set(values)
    assert values["loss"] == pytest.approx(0.7 * values["words.loss"] + 0.3 * values["ctc.loss"])
    assert values["ctc.cer"] < 0.2
    row = str(data.parent / "other-002.wav")
    (found,) = hybrid.predict([row], beam=4, best=4)
    (timed,) = hybrid.predict([row], beam=4, times=True)
    assert timed.text == found.text and timed.words
    scores = [one.score for one in found.hypotheses]
    assert scores == sorted(scores, reverse=True)


def shared(run: Run, share: float, row: str, **options: Any) -> Any:
    assert run.spec.decode is not None
    run.spec.decode.ctc = share
    try:
        return next(run.predict([row], beam=4, best=4, **options))
    finally:
        run.spec.decode.ctc = None


def test_a_share_of_nothing_is_the_decoder_and_one_of_nearly_all_is_ctc(hybrid: Run, data: Path) -> None:
    row = str(data.parent / "other-002.wav")
    decoder, ctc = shared(hybrid, 0.0, row), shared(hybrid, 0.999, row)
    assert [one.score for one in decoder.hypotheses] == [one.logprob for one in decoder.hypotheses]
    assert isinstance(hybrid.task, Transcribe)
    heard = listen([hybrid.model], hybrid.task.batch([(hybrid.task.media.opened(row),)]))[0]
    assert ctc.text == hybrid.task.target.decode(transcripts(heard, 4)[0].ids)


def test_what_ctc_finds_and_the_decoder_does_not_is_heard_out(hybrid: Run) -> None:
    long = "abcabcab"  # twice as long as any text of training
    assert isinstance(hybrid.task, Transcribe)
    samples: Any = spoken(long, 77)
    decoder, both = shared(hybrid, 0.0, samples), shared(hybrid, 0.9, samples)
    alone = {one.text for one in decoder.hypotheses}
    fresh = [one for one in both.hypotheses if one.text not in alone]
    assert fresh and both.text not in alone
    # rules that CTC does not know keep its texts out
    bound, own = (shared(hybrid, share, samples, search=Search(min_length=1)) for share in (0.9, 0.0))
    assert {one.text for one in bound.hypotheses} == {one.text for one in own.hypotheses}


def test_attention_writes_and_its_times_are_refused(data: Path, tmp_path: Path) -> None:
    run = trained(data, tmp_path / "attention", "attention", epochs=1)
    values = run.evaluate(str(data.parent / "other.tsv"), beam=1)
    assert {"wer", "cer", "forced.wer", "gap.wer", "perplexity"} <= set(values)
    assert "ctc" not in run.model.heads
    with pytest.raises(InputError, match="times are those of the steps that CTC tells, and this text is written by a"):
        list(run.predict([spoken("a")], times=True))
    with pytest.raises(InputError, match="a decoder attends to the whole recording, so it cannot be streamed"):
        run.stream()


def test_listen_attend_spell_is_attention_and_ctc_is_ctc(data: Path) -> None:
    spec, notes = plan("transcribe", str(data), arch="listen-attend-spell")
    assert spec.audio is not None and spec.audio.form == "attention" and list(spec.heads) == ["words"]
    assert "audio.form=attention, which is what listen-attend-spell is for" in notes
    assert spec.encoder is not None and spec.encoder["kind"] == "pyramid"
    spec, notes = plan("transcribe", str(data))
    assert spec.arch == "ctc" and list(spec.heads) == ["ctc"] and spec.decoder is None and not notes
    spec, _ = plan("transcribe", str(data), settings=["audio.form=hybrid"])
    assert spec.arch == "bahdanau" and list(spec.heads) == ["words", "ctc"] and spec.decoder is not None
    spec, _ = plan("transcribe", str(data), arch="transformer")
    assert list(spec.heads) == ["ctc"] and spec.decoder is None
    with pytest.raises(InputError, match="architecture 'listen-attend-spell' cannot do this task"):
        plan("transcribe", str(data), arch="listen-attend-spell", settings=["audio.form=ctc"])


def test_a_text_that_is_longer_than_its_steps_is_refused_with_its_row(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "long"
    recorded(folder, ["a", "ab", "c"] * 4)
    text = (folder / "list.tsv").read_text().replace("list-004.wav\tab", "list-004.wav\t" + "aab" * 9)
    (folder / "list.tsv").write_text(text)
    with pytest.raises(InputError) as told:
        trained(folder / "list.tsv", tmp_path / "run", "ctc", epochs=1)
    said = str(told.value)
    assert "list.tsv:6 (list-004.wav): its text of 27 tokens needs 36 steps, and it has 9 of 40 ms. Is it" in said
    assert "the right text? Else make more steps (-s source.front.stride=1" in said
    assert not (tmp_path / "run").exists()


def test_such_rows_are_left_out_and_counted_where_that_is_asked_for(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "long"
    recorded(folder, ["a", "ab", "c", "cab", "bb"] * 4)
    text = (folder / "list.tsv").read_text().replace("list-006.wav\tab", "list-006.wav\t" + "aab" * 9)
    (folder / "list.tsv").write_text(text)
    spec = spec_of(folder / "list.tsv", **{"data.on_bad_row": "skip", "data.valid": 0})
    said: list[str] = []
    task = Transcribe.learn(spec, said.append)
    train, _ = task.training(said.append, False)
    assert len(train) == 19  # type: ignore[arg-type]
    assert any("1 of 20 rows are left out, more text than steps; the first: " in one for one in said)


def test_speed_counts_against_the_steps(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fast"
    recorded(folder, ["ab"] * 12)  # 0.37 s: 36 frames and 9 steps
    text = "aabbccab"  # 8 tokens, 3 of them again
    (folder / "list.tsv").write_text((folder / "list.tsv").read_text().replace("\tab", f"\t{text[:6]}"))
    task = Transcribe.learn(spec_of(folder / "list.tsv", **{"data.valid": 0}), lambda note: None)
    assert task.steps(36) == 9
    task.training(lambda note: None, False)  # 6 + 3 steps fit
    spec = spec_of(folder / "list.tsv", **{"data.valid": 0, "audio.speed": 0.3})
    with pytest.raises(InputError, match=r"needs 9 steps, and it has 7 of 40 ms at 1.3 times its speed"):
        Transcribe.learn(spec, lambda note: None).training(lambda note: None, False)


def spec_of(data: Path, **settings: Any) -> Spec:
    spec, _ = plan(
        "transcribe", str(data), arch="gru", settings=[f"{k}={v}" for k, v in settings.items()], options=dict(SMALL)
    )
    return spec


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (Search(length_penalty="gnmt"), "--length-penalty shapes what a decoder writes, and this run has none"),
        (Search(prefix="a"), "--prefix shapes what a decoder writes"),
        (Search(no_repeat=2, forbid=("a",)), "--no-repeat, --forbid shapes what a decoder writes"),
    ],
)
def test_what_only_a_decoder_has_is_refused(ctc: Run, search: Search, said: str) -> None:
    with pytest.raises(InputError, match=said):
        list(ctc.predict([spoken("a")], search=search))


def test_options_of_other_tasks_are_refused(ctc: Run) -> None:
    with pytest.raises(InputError, match="threshold is for labels"):
        list(ctc.predict([spoken("a")], threshold=0.5))
    with pytest.raises(InputError, match="horizon is not for this run, whose task is transcribe"):
        list(ctc.predict([spoken("a")], horizon=3))


def test_heads_of_other_names_are_refused(data: Path) -> None:
    spec = spec_of(data)
    spec.heads = {"text": {"kind": "ctc"}}
    with pytest.raises(InputError, match=r"transcribe has the heads words .* the spec has text: choose -s audio.form"):
        Transcribe.learn(spec, lambda note: None)
    with pytest.raises(InputError, match=r"decode.ctc=0.5 is what CTC counts for beside a decoder"):
        spec_of(data, **{"decode.ctc": 0.5})
    with pytest.raises(InputError, match=r"heads.ctc=crf: in transcribe this head is of kind ctc"):
        Transcribe.learn(spec_of(data, **{"heads.ctc": "crf"}), lambda note: None)


def test_a_seconds_of_a_step_are_those_of_its_frames(ctc: Run) -> None:
    assert isinstance(ctc.task, Transcribe)
    assert ctc.task.step == pytest.approx(0.04)
    assert [ctc.task.steps(frames) for frames in (1, 4, 5, 100)] == [1, 1, 2, 25]


def test_several_runs_answer_together(ctc: Run, data: Path) -> None:
    rows = [spoken("abc", 3)]
    (alone,) = ctc.predict(rows)
    (both,) = ctc.predict(rows, beside=[ctc])
    assert both.text == alone.text
    assert both.hypotheses[0].logprob == pytest.approx(alone.hypotheses[0].logprob, abs=1e-5)


def test_a_stream_says_what_the_whole_says(ctc: Run, data: Path) -> None:
    for row in (0, 4):
        samples = spoken(drawn(20, 9)[row], 900 + row)
        for beam in (1, 4):
            stream, cuts = ctc.stream(beam=beam), [0, 50, 51, 900, 2500, len(samples)]
            texts = [stream.push(samples[a:b]) for a, b in itertools.pairwise(cuts)]
            (whole,) = ctc.predict([samples], beam=beam)
            assert stream.finish() == whole.text == stream.text
            if beam == 1:  # the text so far only grows
                assert all(later.startswith(sooner) for sooner, later in itertools.pairwise(texts))
    assert torch.is_grad_enabled()
