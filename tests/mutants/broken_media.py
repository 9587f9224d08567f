"""Ways to break what reads, varies and makes recordings, pictures and films."""

from mutant import Mutant

MEDIA = [
    # sound
    Mutant("mel: another logarithm", "data/mel.py", "np.log(6.4) / 27", "np.log10(6.4) / 27"),
    Mutant("mel: bands of half the area", "data/mel.py", "weights * (2 / (edges", "weights * (1 / (edges"),
    Mutant("mel: cosines are not orthonormal", "data/mel.py", "rows[0] /= np.sqrt(2)", "pass"),
    Mutant("sound: a cut file is read", "data/sound.py", "if len(found) < frames and container.counted:", "if False:"),
    Mutant(
        "sound: a constant is heard",
        "data/sound.py",
        "np.ptp(floats(samples)) <= QUIET",
        "np.abs(floats(samples)).max() <= QUIET",
    ),
    Mutant(
        "sound: int16 by 32767",
        "data/sound.py",
        "samples.astype(np.float32) / np.float32(32768)",
        "samples.astype(np.float32) / np.float32(32767)",
    ),
    Mutant(
        "sound: chunks of odd length", "data/sound_container.py", "at += 8 + length + length % 2", "at += 8 + length"
    ),
    Mutant("resample: rates swapped", "data/resample.py", "np.float32), rate, wanted)", "np.float32), wanted, rate)"),
    Mutant(
        "features: samples at the end are in no frame",
        "data/sound_features.py",
        "max(0, -(-(samples - self.length) // self.step))",
        "max(0, (samples - self.length) // self.step)",
    ),
    Mutant("features: the ends of deltas are mirrored", "data/sound_features.py", 'mode="edge"', 'mode="reflect"'),
    Mutant(
        "features: a window that ends in 0",
        "data/sound_features.py",
        "torch.hann_window(self.length)",
        "torch.hann_window(self.length, periodic=False)",
    ),
    Mutant(
        "levels: running, the count restarts",
        "data/sound_scale.py",
        "START + heard.count + np.arange",
        "START + np.arange",
    ),
    Mutant(
        "levels: recordings are joined as if of one mean",
        "data/sound_scale.py",
        " + apart**2 * count * len(part) / total",
        "",
    ),
    Mutant(
        "feature stream: the sample before is emphasised",
        "data/sound_stream.py",
        "self._before = plain[-1]",
        "self._before = fresh[-1]",
    ),
    Mutant(
        "feature stream: deltas do not wait",
        "data/sound_stream.py",
        "max(self._told, self._framed - self.features.ahead)",
        "self._framed",
    ),
    Mutant("sound augment: decibels of amplitude", "data/sound_augment.py", "10 ** (ratio / 10)", "10 ** (ratio / 20)"),
    Mutant(
        "sound augment: a mask as long as the recording",
        "data/sound_augment.py",
        "min(self.time_width, int(self.time_share * time))",
        "min(self.time_width, time)",
    ),
    # pictures
    Mutant(
        "picture: lies on its side",
        "data/picture.py",
        "_numbers(upright(image), image.format, rules)",
        "_numbers(image, image.format, rules)",
    ),
    Mutant(
        "picture: red weighs what blue does",
        "data/picture.py",
        "[[0.299], [0.587], [0.114]]",
        "[[0.114], [0.587], [0.299]]",
    ),
    Mutant(
        "picture: only the shorter side is too large",
        "data/picture.py",
        "if max(width, height) > rules.largest:",
        "if min(width, height) > rules.largest:",
    ),
    Mutant("picture: 16 bits by 256", "data/picture.py", "SIXTEEN = 257.0", "SIXTEEN = 256.0"),
    Mutant("resize: crop to what does not fill", "data/resize.py", "want / max(shares)", "want / min(shares)"),
    Mutant(
        "resize: pad on one side",
        "data/resize.py",
        "top, left = (height - down) // 2, (width - across) // 2",
        "top, left = 0, 0",
    ),
    Mutant("resize: what shrinks is not averaged", "data/resize.py", "antialias=True", "antialias=False"),
    Mutant(
        "augment: mirrored the other way",
        "data/augment.py",
        "frames = frames[..., ::-1, :]\n",
        "frames = frames[..., ::-1, :, :]\n",
    ),
    Mutant(
        "augment: lighter than white", "data/augment.py", "if self.contrast or self.brightness:", "if self.contrast:"
    ),
    Mutant(
        "augment: smaller by more than larger",
        "data/augment.py",
        "(1 + share) ** rng.uniform(-1, 1)",
        "1 + share * rng.uniform(-1, 1)",
    ),
    Mutant(
        "pixels: a channel that is the same everywhere",
        "data/pixel_scale.py",
        "np.where(spread < 1e-4, 1.0, spread)",
        "spread",
    ),
    # films and tracks
    Mutant(
        "film: the beginnings of equal parts",
        "data/film.py",
        "(2 * place + 1) * total // (2 * count)",
        "place * total // count",
    ),
    Mutant("film: turned the other way", "data/film.py", "np.rot90(array, turns)", "np.rot90(array, -turns)"),
    Mutant(
        "film: frame 10 before frame 2", "data/film.py", "key=lambda one: natural(one.name)", "key=lambda one: one.name"
    ),
    Mutant("film: a frame is shown late", "data/film.py", "time < start - 1e-6", "time <= start + 1e-6"),
    Mutant(
        "film: the last frame takes no time",
        "data/film.py",
        "(times[-1] - times[0] + one) * self.rate",
        "(times[-1] - times[0]) * self.rate",
    ),
    Mutant(
        "film: a cut one is read",
        "data/film.py",
        "if packets >= stream.frames - max(1, SLACK * stream.frames):",
        "if packets:",
    ),
    Mutant(
        "tracks: frames behind the last track",
        "data/tracks.py",
        "offset[0] != 0 or int(offset[-1]) != len(frames)",
        "offset[0] != 0",
    ),
    Mutant("points: one 0 is lost", "data/track_points.py", "np.all(read == 0, axis=2)", "np.any(read == 0, axis=2)"),
    Mutant(
        "points: lost ones count for the centre",
        "data/track_points.py",
        "np.nansum(read, 1, keepdims=True) / count",
        "np.nansum(read, 1, keepdims=True) / read.shape[1]",
    ),
    Mutant(
        "points: motion looks ahead",
        "data/track_points.py",
        "np.diff(read, axis=0, prepend=read[:1])",
        "np.diff(read, axis=0, append=read[-1:])",
    ),
    Mutant(
        "points: the first frame, found or not",
        "data/track_points.py",
        "first = seen.argmax(0)",
        "first = 0 * seen.argmax(0)",
    ),
    Mutant(
        "points: numbered from 0",
        "data/track_points.py",
        "read[:, self.origin - 1 : self.origin]",
        "read[:, self.origin % read.shape[1]][:, None]",
    ),
    # collections
    Mutant(
        "folder: a sibling of the same beginning is inside",
        "data/media.py",
        "found.is_relative_to(self.root)",
        "str(found).startswith(str(self.root))",
    ),
    Mutant("collection: an item without its rate", "data/media.py", "found.array, found.rate)", "found.array, None)"),
    Mutant(
        "arrays: pickles are opened",
        "data/media_arrays.py",
        "np.load(path, allow_pickle=False) as packed_arrays",
        "np.load(path, allow_pickle=True) as packed_arrays",
    ),
    Mutant("tar: a hard link is followed", "data/media_tar.py", "if one.issym() or one.islnk():", "if one.issym():"),
    Mutant("tar: .. in the middle of a name", "data/media_tar.py", '".." in parts.parts', 'one.name.startswith("..")'),
    Mutant("idx: what follows the numbers is passed over", "data/media_idx.py", "if stream.read(1):", "if False:"),
    Mutant("folders: files beside the classes", "data/media_folder.py", "if labelled and here:", "if False:"),
    Mutant(
        "parquet: rows of the first group",
        "data/media_parquet.py",
        "[row - self._starts[group]]",
        "[row % len(self._held[group])]",
    ),
    Mutant(
        "open: paths begin where one stands",
        "data/media_open.py",
        "return Folder(beside(table))",
        'return Folder(Path("."))',
    ),
    Mutant(
        "vault: shapes do not matter",
        "tasks/vault.py",
        "blake2b(shape + content.tobytes()",
        "blake2b(content.tobytes()",
    ),
    Mutant("vault: everything is kept", "tasks/vault.py", "if found.nbytes <= self._left:", "if True:"),
    Mutant(
        "clips: the same by its name",
        "tasks/clips.py",
        "(self.vault.digests[ref] for ref in self.refs())",
        "iter(self.refs())",
    ),
    Mutant(
        "media: one step of padding is data",
        "tasks/media_source.py",
        "torch.arange(time) < lengths[:, None]",
        "torch.arange(time) <= lengths[:, None]",
    ),
    Mutant(
        "media: a batch varies as its first row does",
        "tasks/media_source.py",
        "self._vault[self._refs[row]], draw(row))",
        "self._vault[self._refs[row]], draw(rows[0]))",
    ),
    Mutant(
        "clip pairs: every epoch varies alike",
        "tasks/clip_pairs.py",
        "[self._seed, key.epoch, int(row)]",
        "[self._seed, int(row)]",
    ),
    Mutant(
        "media pairs: scales are not in the digest",
        "tasks/media_pairs.py",
        'f"{self.media.digest}\\n{self.target.digest}"',
        "self.target.digest",
    ),
    Mutant(
        "media pairs: a text of the longest length is left out",
        "tasks/media_pairs.py",
        "if len(ids) <= longest]",
        "if len(ids) < longest]",
    ),
    Mutant(
        "step clips: labels too many", "tasks/step_clips.py", "if len(labels) != frames:", "if len(labels) < frames:"
    ),
    Mutant("tag frames: a front that shrinks", "tasks/tag_frames.py", '{"audio": "stack"', '{"audio": "cnn1d"'),
    # what is made
    Mutant(
        "made shapes: seen from the wrong shape",
        "data/made_shapes.py",
        'f"{large} {ACROSS[scene.place]} {small}"',
        'f"{large} {scene.place} {small}"',
    ),
    Mutant(
        "made shapes: two of one colour",
        "data/made_shapes.py",
        "for name in names if name != color]",
        "for name in names]",
    ),
    Mutant(
        "made motion: aslant is faster",
        "data/made_motion.py",
        "mover.speed * step / np.linalg.norm(step)",
        "mover.speed * step",
    ),
    Mutant("made motion: frames tell of the last", "data/made_motion.py", "gop_size = 1 ", "gop_size = 12 "),
    Mutant(
        "made tones: a frame is what it begins with",
        "data/made_tones.py",
        "* features.step + features.length // 2",
        "* features.step",
    ),
    Mutant(
        "made tones: melodies are learnt and asked",
        "data/made_tones.py",
        "drawn |= {tuple(melody) for melody in melodies}",
        "pass",
    ),
]
