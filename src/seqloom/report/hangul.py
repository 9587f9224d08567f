"""Hangul as strokes: any of the 11,172 syllables, or a letter alone, drawn without a font.

A picture must not show boxes because a machine has no Korean font. A syllable is composed the way it is written: an
initial consonant, a vowel beside it, below it or around it, and perhaps a final beneath. Strokes are lines in a unit
square, x to the right and y downwards.
"""

from math import cos, pi, sin

Point = tuple[float, float]
Stroke = tuple[Point, ...]
Box = tuple[float, float, float, float]  # left, top, right, bottom

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
FIRST = ord("가")

PAIRS = {"ㄲ": "ㄱㄱ", "ㄸ": "ㄷㄷ", "ㅃ": "ㅂㅂ", "ㅆ": "ㅅㅅ", "ㅉ": "ㅈㅈ", "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ"}
PAIRS |= {
    "ㄺ": "ㄹㄱ",
    "ㄻ": "ㄹㅁ",
    "ㄼ": "ㄹㅂ",
    "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ",
    "ㅀ": "ㄹㅎ",
    "ㅄ": "ㅂㅅ",
}
AROUND = {"ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ"}
BELOW = "ㅗㅛㅜㅠㅡ"


def _ring(left: float, top: float, right: float, bottom: float) -> Stroke:
    turns = [2 * pi * n / 20 for n in range(21)]
    x, y = (left + right) / 2, (top + bottom) / 2
    return tuple((x + (right - left) / 2 * sin(turn), y - (bottom - top) / 2 * cos(turn)) for turn in turns)


LETTERS: dict[str, tuple[Stroke, ...]] = {
    "ㄱ": (((0, 0), (1, 0), (0.92, 0.55), (0.7, 1)),),
    "ㄴ": (((0, 0), (0, 1), (1, 1)),),
    "ㄷ": (((1, 0), (0, 0), (0, 1), (1, 1)),),
    "ㄹ": (((0, 0), (1, 0), (1, 0.5), (0, 0.5), (0, 1), (1, 1)),),
    "ㅁ": (((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)),),
    "ㅂ": (((0, 0), (0, 1), (1, 1), (1, 0)), ((0, 0.5), (1, 0.5))),
    "ㅅ": (((0.5, 0), (0.4, 0.5), (0, 1)), ((0.45, 0.4), (1, 1))),
    "ㅇ": (_ring(0, 0, 1, 1),),
    "ㅈ": (((0, 0), (1, 0)), ((0.5, 0), (0.4, 0.5), (0, 1)), ((0.45, 0.45), (1, 1))),
    "ㅊ": (((0.3, 0), (0.7, 0)), ((0, 0.28), (1, 0.28)), ((0.5, 0.28), (0.4, 0.65), (0, 1)), ((0.45, 0.6), (1, 1))),
    "ㅋ": (((0, 0), (1, 0), (0.92, 0.55), (0.7, 1)), ((0, 0.48), (0.93, 0.45))),
    "ㅌ": (((1, 0), (0, 0), (0, 1), (1, 1)), ((0, 0.5), (0.9, 0.5))),
    "ㅍ": (((0, 0), (1, 0)), ((0, 1), (1, 1)), ((0.3, 0), (0.3, 1)), ((0.7, 0), (0.7, 1))),
    "ㅎ": (((0.3, 0), (0.7, 0)), ((0, 0.25), (1, 0.25)), _ring(0.15, 0.45, 0.85, 1)),
    "ㅏ": (((0.35, 0), (0.35, 1)), ((0.35, 0.5), (1, 0.5))),
    "ㅐ": (((0.2, 0), (0.2, 1)), ((0.2, 0.5), (0.9, 0.5)), ((0.9, 0), (0.9, 1))),
    "ㅑ": (((0.35, 0), (0.35, 1)), ((0.35, 0.35), (1, 0.35)), ((0.35, 0.65), (1, 0.65))),
    "ㅒ": (((0.2, 0), (0.2, 1)), ((0.2, 0.35), (0.9, 0.35)), ((0.2, 0.65), (0.9, 0.65)), ((0.9, 0), (0.9, 1))),
    "ㅓ": (((0.75, 0), (0.75, 1)), ((0.1, 0.5), (0.75, 0.5))),
    "ㅔ": (((0.5, 0), (0.5, 1)), ((0, 0.5), (0.5, 0.5)), ((0.95, 0), (0.95, 1))),
    "ㅕ": (((0.75, 0), (0.75, 1)), ((0.1, 0.35), (0.75, 0.35)), ((0.1, 0.65), (0.75, 0.65))),
    "ㅖ": (((0.5, 0), (0.5, 1)), ((0, 0.35), (0.5, 0.35)), ((0, 0.65), (0.5, 0.65)), ((0.95, 0), (0.95, 1))),
    "ㅗ": (((0, 0.8), (1, 0.8)), ((0.5, 0.1), (0.5, 0.8))),
    "ㅛ": (((0, 0.8), (1, 0.8)), ((0.32, 0.1), (0.32, 0.8)), ((0.68, 0.1), (0.68, 0.8))),
    "ㅜ": (((0, 0.3), (1, 0.3)), ((0.5, 0.3), (0.5, 1))),
    "ㅠ": (((0, 0.3), (1, 0.3)), ((0.32, 0.3), (0.32, 1)), ((0.68, 0.3), (0.68, 1))),
    "ㅡ": (((0, 0.55), (1, 0.55)),),
    "ㅣ": (((0.55, 0), (0.55, 1)),),
}


def strokes(letter: str) -> list[Stroke] | None:
    """Return the lines of a Hangul syllable or letter in the unit square; None for any other letter."""
    number = ord(letter) - FIRST
    if 0 <= number < len(INITIALS) * len(VOWELS) * len(FINALS):
        initial, rest = divmod(number, len(VOWELS) * len(FINALS))
        vowel, final = divmod(rest, len(FINALS))
        return _syllable(INITIALS[initial], VOWELS[vowel], FINALS[final].strip())
    if letter in LETTERS or letter in PAIRS:
        return _consonant(letter, (0.2, 0.2, 0.8, 0.8))
    if letter in AROUND:
        return [
            *_placed(AROUND[letter][0], (0.1, 0.35, 0.65, 0.85)),
            *_placed(AROUND[letter][1], (0.65, 0.1, 0.95, 0.9)),
        ]
    return None


def _syllable(initial: str, vowel: str, final: str) -> list[Stroke]:
    floor = 0.6 if final else 0.95
    drawn = _consonant(final, (0.2, 0.71, 0.85, 0.96)) if final else []
    if vowel in BELOW:
        middle = floor * 0.55
        drawn += _consonant(initial, (0.25, 0.07, 0.75, middle - 0.06))
        return drawn + _placed(vowel, (0.05, middle - 0.04, 0.95, floor + 0.03))
    if vowel in AROUND:
        under, beside = tuple(AROUND[vowel])
        middle = floor * 0.6
        drawn += _consonant(initial, (0.12, 0.08, 0.56, middle - 0.08))
        drawn += _placed(under, (0.04, middle - 0.06, 0.64, floor))
        return drawn + _placed(beside, (0.66, 0.03, 0.98, floor + 0.05))
    drawn += _consonant(initial, (0.08, 0.12, 0.52, floor - 0.06))
    return drawn + _placed(vowel, (0.6, 0.03, 0.98, floor + 0.05))


def _consonant(letter: str, box: Box) -> list[Stroke]:
    """Place a consonant, or two side by side."""
    if letter not in PAIRS:
        return _placed(letter, box)
    left, top, right, bottom = box
    gap, half = (right - left) * 0.1, (right - left) * 0.45
    one, other = tuple(PAIRS[letter])
    return [*_placed(one, (left, top, left + half, bottom)), *_placed(other, (left + half + gap, top, right, bottom))]


def _placed(letter: str, box: Box) -> list[Stroke]:
    left, top, right, bottom = box
    return [
        tuple((left + x * (right - left), top + y * (bottom - top)) for x, y in stroke) for stroke in LETTERS[letter]
    ]
