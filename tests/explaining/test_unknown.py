"""Unknown tokens: said by name, of the row and of the answer; known rows and numbers say nothing."""

from pathlib import Path

import numpy as np

from seqloom.explaining.subjects import subject_of
from seqloom.explaining.unknown import said
from seqloom.training.run import Run, load

KEPT = Path(__file__).parents[1] / "kept"


def kept(name: str) -> Run:
    return load(KEPT / f"format-1-{name}", say=lambda note: None)


def test_letters_that_a_language_model_lacks_are_named_and_keep_their_writing() -> None:
    found = subject_of(kept("language"), "he☃l", target="l☂o")
    assert found.answer == "l☂o"
    assert found.axes["target"].tokens == ("h", "e", "☃", "l", "l", "☂")
    assert found.axes["answer"].tokens == ("e", "☃", "l", "l", "☂", "o")
    assert found.notes == ("'☃', '☂' are not in the vocabulary: the model reads every such token as the same <unk>.",)


def test_a_row_whose_tokens_are_known_says_nothing() -> None:
    assert subject_of(kept("language"), "hello").notes == ()
    assert subject_of(kept("classify"), "great film").notes == ()


def test_words_with_letters_are_unknown_as_words() -> None:
    (note,) = [one for one in subject_of(kept("tag"), "fly to Zzyzx").notes if "vocabulary" in one]
    assert "'Zzyzx' is not" in note and "fly" not in note


def test_a_score_of_white_space_is_named_by_a_sign() -> None:
    assert subject_of(kept("language"), "hello", target=" ").score_name == "ln p(␣)"


def test_tokens_without_a_name_are_counted_and_many_are_not_all_named() -> None:
    assert said([]) == []
    assert said(["<unk>"])[0].startswith("1 token is not in")
    assert said(["a", "<unk>", "<unk>", "a"])[0].startswith("'a' and 2 tokens are not in")
    assert said([str(number) for number in range(11)])[0].startswith(
        "'0', '1', '2', '3', '4', '5', '6', '7' and 3 more are"
    )


def test_a_text_that_ctc_is_asked_for_says_what_it_cannot_tell() -> None:
    sound = np.random.default_rng(0).normal(size=8000).astype(np.float32)
    found = subject_of(kept("transcribe"), sound, target="☂")
    assert found.notes and found.notes[0].startswith("'☂' is not in the vocabulary")
