"""Space: what may vary, as a person writes it.

fit.lr=1e-4..1e-2:log             a range, even in its logarithm
encoder.layers=1..3               whole numbers, where both ends are
encoder.size=64..512:step=64      every 64th
encoder.size=64,128,256           some values; arch=gru,lstm and encoder=gru,lstm too
encoder.size+decoder.size=64,128  one value for several keys
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from seqloom.errors import InputError

Value = str | int | float
HOW = "Write a range, --search fit.lr=1e-4..1e-2:log, or some values, --search encoder.size=64,128,256."


@dataclass(frozen=True)
class Space:
    """The values of one key, or of several that have the same value.

    low, high  ends of a range, both of them in it; whole numbers where both are. `log`: even in the logarithm.
    step       from one value of a range to the next
    choices    the values as they were written, in place of a range
    """

    keys: tuple[str, ...]
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    whole: bool = False
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called: its keys."""
        return "+".join(self.keys)

    @property
    def count(self) -> int | None:
        """How many values there are; None: as many as there are numbers."""
        if self.choices:
            return len(self.choices)
        if self.whole or self.step:
            return 1 + math.floor((self.high - self.low) / (self.step or 1) + 1e-9)
        return None

    @property
    def text(self) -> str:
        """It as a person writes it."""
        if self.choices:
            return f"{self.name}={','.join(self.choices)}"
        more = (":log" if self.log else "") + (f":step={self.step:g}" if self.step else "")
        return f"{self.name}={shown(self._cast(self.low))}..{shown(self._cast(self.high))}{more}"

    def distribution(self) -> Any:
        """Return what Optuna draws from."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.choices:
            return CategoricalDistribution(self.choices)
        if self.whole:
            return IntDistribution(int(self.low), int(self.high), log=self.log, step=int(self.step or 1))
        return FloatDistribution(self.low, self.high, log=self.log, step=self.step)

    def settings(self, value: Value) -> list[str]:
        """Return the settings, key=value, that a value comes to; numbers have four figures, and mean what they say."""
        return [f"{key}={said}" for key, said in self.pairs(value)]

    def pairs(self, value: Value) -> list[tuple[str, str]]:
        """Return each key with a value as a setting has it."""
        return [(key, shown(value)) for key in self.keys]

    def near(self, said: Any) -> Value | None:
        """Return what stands for a value of a spec; None where it is not in the space."""
        if self.choices:
            return next((one for one in self.choices if read(one) == said), None)
        if isinstance(said, bool) or not isinstance(said, int | float) or not self.low <= said <= self.high:
            return None
        if self.step and abs((said - self.low) / self.step - round((said - self.low) / self.step)) > 1e-9:
            return None
        if self.whole and said != int(said):
            return None
        return self._cast(said)

    def all(self) -> list[Value]:
        """Return every value of a space that has a `count`."""
        if self.choices:
            return list(self.choices)
        return [self._cast(self.low + place * (self.step or 1)) for place in range(self.count or 0)]

    def _cast(self, number: float) -> Value:
        return round(number) if self.whole else float(number)


def parse(text: str) -> Space:
    """Read KEY=LOW..HIGH[:log][:step=N] or KEY=A,B,... Raises InputError that says what is wrong."""
    name, sign, said = text.partition("=")
    keys = tuple(key.strip() for key in name.split("+"))
    if not sign or not all(keys) or not said.strip():
        raise InputError(f"--search {text}: which values of which key? {HOW}")
    if ".." in said:
        return _range(text, keys, said.strip())
    choices = _apart(said)
    if len(choices) < 2:
        raise InputError(f"--search {text}: one value is nothing to search: set it with -s {text}. {HOW}")
    if len(set(choices)) < len(choices):
        raise InputError(f"--search {text}: a value comes twice.")
    return Space(keys, choices=tuple(choices))


def spaces(texts: Sequence[str]) -> list[Space]:
    """Read several. Raises InputError where a key comes twice."""
    found = [parse(text) for text in texts]
    keys = [key for space in found for key in space.keys]
    twice = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if twice:
        raise InputError(f"--search: {twice[0]} is searched twice; name each key once.")
    return found


def shown(value: Value) -> str:
    """Return a value as a setting has it."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def read(text: str) -> Any:
    """Return what a written value means."""
    try:
        return float(text) if "e" in text.lower() and text[:1] in "0123456789.-+" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        return text


def _range(text: str, keys: tuple[str, ...], said: str) -> Space:
    ends, *more = said.split(":")
    low, _, high = (one.strip() for one in ends.partition(".."))
    try:
        first, last = float(low), float(high)
    except ValueError:
        raise InputError(f"--search {text}: a range stands between two numbers. {HOW}") from None
    whole = low.lstrip("+-").isdigit() and high.lstrip("+-").isdigit()
    log, step = False, None
    for one in (part.strip() for part in more):
        key, _, value = one.partition("=")
        if key == "step":
            step = _step(text, value, whole)
        elif one == "log":
            log = True
        else:
            raise InputError(f"--search {text}: after a range stands :log or :step=N, not :{one}.")
    if not (math.isfinite(first) and math.isfinite(last)) or first >= last:
        raise InputError(f"--search {text}: the first number of a range is the smaller one, and both are finite.")
    if log and step is not None:
        raise InputError(f"--search {text}: :log and :step do not go together; give the values, such as 64,128,256.")
    if log and first <= 0:
        raise InputError(f"--search {text}: a range with :log starts above 0.")
    if step is not None and step > last - first:
        raise InputError(f"--search {text}: a step of {step:g} is wider than the range.")
    return Space(keys, first, last, log, step, whole)


def _step(text: str, said: str, whole: bool) -> float:
    try:
        step = float(said)
    except ValueError:
        step = 0.0
    if not step > 0 or not math.isfinite(step) or (whole and step != int(step)):
        kind = "a whole number" if whole else "a number"
        raise InputError(f"--search {text}: a step is {kind} above 0, such as :step=64.")
    return step


def _apart(said: str) -> list[str]:
    """Cut at the commas that stand outside of brackets."""
    parts, deep = [""], 0
    for letter in said:
        deep += (letter in "[{(") - (letter in "]})")
        if letter == "," and not deep:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
