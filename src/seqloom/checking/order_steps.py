"""Order of steps: is what is told of a step (a tag, a word of a translation) told by where its neighbours stand?"""

from collections.abc import Sequence

import numpy as np

from seqloom.checking.kernels import Floats, Ints, of_ids, of_numbers
from seqloom.checking.order import Worth, worth

TOKENS = 1000
"""Steps that are scored."""
REACH = 2
"""Neighbours on each side that are looked at."""
SUFFIX = 3
LABELS = 100
"""The most frequent words that are told of a target; the others are no part of the score."""


def of_words(sentences: Sequence[tuple[Sequence[str], Sequence[str]]], seed: int = 0) -> Worth | None:
    """Return what the order of words is worth to tell their tags, of (words, tags) of sentences. The bag of a word is
    the word, its end and how it is cased; the same of its neighbours is its order. None where all tags are one."""
    draw = np.random.default_rng(seed)
    names: dict[str, int] = {}
    tags: list[str] = []
    groups, own, near, mixed = [], [], [], []
    for group, (words, told) in enumerate(sentences):
        orders = [np.arange(len(words)), draw.permutation(len(words))]
        features = [_features(word, names) for word in words]
        around = []
        for order in orders:
            place = np.argsort(order)  # where each word stands
            around.append([_around(features, order, int(place[word])) for word in range(len(words))])
        tags += told
        groups += [group] * len(words)
        own += features
        near += around[0]
        mixed += around[1]
    kinds = {name: number for number, name in enumerate(dict.fromkeys(tags))}
    if len(kinds) < 2:
        return None
    labels = np.array([kinds[tag] for tag in tags])
    bag = _kernel(own)
    return worth(bag, [_kernel(near)], [_kernel(mixed)], labels, np.array(groups))


def of_steps(series: Sequence[tuple[Floats, Sequence[int]]], seed: int = 0) -> Worth:
    """Return what the order of steps [steps, channels] is worth to tell their labels."""
    draw = np.random.default_rng(seed)
    own, near, mixed, labels, groups = [], [], [], [], []
    for group, (values, told) in enumerate(series):
        order = draw.permutation(len(values))
        own.append(values)
        near.append(_window(values))
        mixed.append(_window(values[order])[np.argsort(order)])
        labels += list(told)
        groups += [group] * len(values)
    _, ids = np.unique(np.array(labels), return_inverse=True)
    bag, kernels = of_numbers(np.concatenate(own)), [of_numbers(np.concatenate(some)) for some in (near, mixed)]
    return worth(bag, [kernels[0]], [kernels[1]], ids.astype(np.int64), np.array(groups))


def of_pairs(pairs: Sequence[tuple[Ints, Ints]], seed: int = 0) -> Worth | None:
    """Return what the order of source tokens is worth to tell target tokens, of (source, target) ids. The bag is the
    source; order adds what stands at the same share of it, and beside. None where too few targets repeat."""
    draw = np.random.default_rng(seed)
    every, counts = np.unique(np.concatenate([target for _, target in pairs]), return_counts=True)
    known = set(every[np.argsort(-counts, kind="stable")[:LABELS]].tolist())
    bags, near, mixed, labels = [], [], [], []
    for source, target in pairs:
        if not len(source):
            continue
        other = draw.permutation(source)
        steps = np.flatnonzero(np.isin(target, list(known)))
        if len(steps):  # one of each pair: two would tell each other
            step = int(draw.choice(steps))
            place = step * len(source) // len(target)
            bags.append(source.tolist())
            near.append(_aligned(source, place))
            mixed.append(_aligned(other, place))
            labels.append(int(target[step]))
    if len(set(labels)) < 2:
        return None
    _, ids = np.unique(np.array(labels), return_inverse=True)
    kernels = [_kernel(some) for some in (bags, near, mixed)]
    return worth(kernels[0], [kernels[1]], [kernels[2]], ids.astype(np.int64))


def _features(word: str, names: dict[str, int]) -> list[int]:
    """Return the ids of a word, of its end, and of how it is cased."""
    shape = "".join("A" if one.isupper() else "0" if one.isdigit() else "a" if one.isalpha() else "-" for one in word)
    found = [f"w{word}", f"s{word[-SUFFIX:]}", f"e{word[-1:]}", f"c{shape[:1]}{shape[-1:]}{len(word) > 3}"]
    return [names.setdefault(one, len(names)) for one in found]


def _around(features: list[list[int]], order: Ints, place: int) -> list[int]:
    """Return the features of the words around a place, each with how far it is."""
    found = []
    for away in range(-REACH, REACH + 1):
        at = place + away
        if away and 0 <= at < len(order):
            found += [one * 16 + away + REACH for one in features[int(order[at])]]
        elif away:
            found.append(away + REACH)  # an end of the sentence
    return found


def _window(values: Floats) -> Floats:
    """Return each step beside its neighbours [steps, channels * neighbours]; the ends repeat."""
    places = np.arange(len(values))[:, None] + np.arange(-2 * REACH, 2 * REACH + 1)
    return np.asarray(values[np.clip(places, 0, len(values) - 1)].reshape(len(values), -1))


def _aligned(source: Ints, place: int) -> list[int]:
    steps = range(-1, 2)
    return [int(source[place + away]) * 4 + away + 1 for away in steps if 0 <= place + away < len(source)]


def _kernel(features: Sequence[Sequence[int]]) -> Floats:
    ids = np.array([one for row in features for one in row], np.int64)
    return of_ids(ids, np.repeat(np.arange(len(features)), [len(row) for row in features]), len(features))
