"""Compare the links found on NEU-DET with all pairs registered, the slow way.

    python benchmarks/neu_overlap_reference.py ../shared/data/neu-det.zip --found data/duplicates --cache reference.npz

Every picture is correlated with every other at all shifts (1.6 million pairs, about a quarter of an hour on one core),
and the highest peak of each pair is judged by the correlation of unprocessed texture block by block. Nothing of the
search is used but the reading of files. `--found` is what the stage find_duplicates wrote for the same source.
"""

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
import scipy.fft
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from receiver.progress import track
from transfer.data.source import open_source

SIDE = 200
BATCH = 32
# A peak of independent pictures passes this height, in standard deviations, once in some thousand pairs.
JUDGED = 5.0
BLOCK = 16
MIN_OVERLAP = 0.15
SAME = 0.45


class Peaks(NamedTuple):
    """Of every pair of picture numbers first < second: height in standard deviations and place, row * 200 + column."""

    first: np.ndarray
    second: np.ndarray
    height: np.ndarray
    place: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--found", type=Path, required=True)
    parser.add_argument("--ingested", type=Path, default=Path("data/ingested"))
    parser.add_argument("--cache", type=Path, required=True, help="where the peaks are kept for the next time")
    arguments = parser.parse_args()
    names, pictures = read(arguments.source)
    if not arguments.cache.exists():
        np.savez_compressed(arguments.cache, **all_peaks(pictures)._asdict())
    reference = judged(pictures, Peaks(**np.load(arguments.cache)))
    found = found_links(arguments.found, arguments.ingested, names)
    print(json.dumps(compared(pictures, reference, found), indent=2))


def read(source: Path) -> tuple[list[str], np.ndarray]:
    """Return the names and the pictures, float32 [n, 200, 200], in gray levels."""
    with open_source(source) as files:
        names = [name for name in files.names() if name.endswith(".jpg")]
        data = (np.frombuffer(files.read(name), np.uint8) for name in names)
        return names, np.stack([cv2.imdecode(one, cv2.IMREAD_GRAYSCALE) for one in data]).astype(np.float32)


def all_peaks(pictures: np.ndarray) -> Peaks:
    """Correlate the phases of every picture with those of every later one."""
    spectra = np.stack([_phases(picture) for picture in pictures])
    parts = [_peaks_of(spectra, number) for number in track(range(len(spectra) - 1), "Correlating all pairs")]
    return Peaks(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _phases(picture: np.ndarray) -> np.ndarray:
    fine = picture - cv2.GaussianBlur(picture, (0, 0), 4)
    evened = fine / (np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 12)) + 2)
    ramp = np.ones(SIDE, np.float32)
    ramp[:16] = np.hanning(32)[:16]
    ramp[-16:] = ramp[:16][::-1]
    spectrum = scipy.fft.rfft2(evened * np.outer(ramp, ramp))
    frequency = np.hypot(scipy.fft.fftfreq(SIDE)[:, None], scipy.fft.rfftfreq(SIDE))
    band = np.exp(-0.5 * (frequency / 0.22) ** 2) * (frequency > 0.02)
    magnitude = np.abs(spectrum)
    return (spectrum * band / (magnitude + 0.05 * magnitude.mean())).astype(np.complex64)


def _peaks_of(spectra: np.ndarray, number: int) -> Peaks:
    heights, places = [], []
    for start in range(number + 1, len(spectra), BATCH):
        others = spectra[start : start + BATCH]
        surface = scipy.fft.irfft2(others * spectra[number].conj(), s=(SIDE, SIDE)).reshape(len(others), -1)
        places.append(surface.argmax(axis=1))
        heights.append(surface.max(axis=1) / surface.std(axis=1))
    later = np.arange(number + 1, len(spectra))
    return Peaks(np.full_like(later, number), later, np.concatenate(heights), np.concatenate(places))


def judged(pictures: np.ndarray, peaks: Peaks) -> pd.DataFrame:
    """Return the pairs that show one surface: first, second, down, right, overlap, agreement."""
    textures = [_texture(picture) for picture in pictures]
    high = peaks.height > JUDGED
    rows = [
        _best_reading(textures, *pair)
        for pair in zip(*(column[high].tolist() for column in (peaks.first, peaks.second, peaks.place)), strict=True)
    ]
    table = pd.DataFrame(rows, columns=["first", "second", "down", "right", "overlap", "agreement"])
    return table[(table["agreement"] > SAME) & (table["overlap"] >= MIN_OVERLAP)].reset_index(drop=True)


def _texture(picture: np.ndarray) -> np.ndarray:
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.8)
    return smooth - cv2.GaussianBlur(smooth, (0, 0), 3.0)


def _best_reading(textures: list[np.ndarray], first: int, second: int, place: int) -> tuple[float, ...]:
    """Judge the four shifts that one place of a cyclic correlation may stand for."""
    row, column = divmod(place, SIDE)
    readings = []
    for down in (-row, SIDE - row):
        for right in (-column, SIDE - column):
            overlap = max(0, SIDE - abs(down)) * max(0, SIDE - abs(right)) / SIDE**2
            if overlap >= MIN_OVERLAP:
                readings.append((agreement(textures[first], textures[second], down, right), down, right, overlap))
    same, down, right, overlap = max(readings, default=(0.0, 0, 0, 0.0))
    return first, second, down, right, overlap, same


def agreement(first: np.ndarray, second: np.ndarray, down: int, right: int) -> float:
    """Return the median correlation of 16x16 blocks when `second` lies at (down, right) of `first`."""
    top, left, bottom, end = max(0, down), max(0, right), min(SIDE, SIDE + down), min(SIDE, SIDE + right)
    pairs = [
        (first[y : y + BLOCK, x : x + BLOCK], second[y - down : y - down + BLOCK, x - right : x - right + BLOCK])
        for y in range(top, bottom - BLOCK + 1, BLOCK)
        for x in range(left, end - BLOCK + 1, BLOCK)
    ]
    values = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs if min(a.std(), b.std()) > 0.7]
    return float(np.median(values)) if len(values) >= 4 else 0.0


def found_links(found: Path, ingested: Path, names: list[str]) -> pd.DataFrame:
    """Return what the stage found, by picture number: first, second, down, right, overlap."""
    links = pd.read_parquet(found / "links.parquet")
    files = pd.read_parquet(ingested / "images.parquet").set_index("image_id")["file"]
    number = {name: index for index, name in enumerate(names)}
    first, second = (links[column].map(files).map(number) for column in ("image_a", "image_b"))
    swapped = first > second
    sign = np.where(swapped, -1, 1)
    return pd.DataFrame(
        {
            "first": np.minimum(first, second),
            "second": np.maximum(first, second),
            "down": sign * links["shift_y"].round().astype(int),
            "right": sign * links["shift_x"].round().astype(int),
            "overlap": links["overlap"],
        }
    )


def compared(pictures: np.ndarray, reference: pd.DataFrame, found: pd.DataFrame) -> dict[str, float | int | str]:
    """Count what was found of the reference, and what was found beside it."""
    pairs = set(zip(reference["first"], reference["second"], strict=True))
    extra = found[[pair not in pairs for pair in zip(found["first"], found["second"], strict=True)]]
    textures = {number: _texture(pictures[number]) for number in {*extra["first"], *extra["second"]}}
    same = [agreement(textures[a], textures[b], y, x) for a, b, y, x, _ in extra.itertuples(index=False)]
    false = int(sum(value <= SAME for value in same))
    merged = reference.merge(found, on=["first", "second"])
    linked, hit = _images(reference), _images(merged) | _images(extra[np.array(same, bool)] if len(extra) else extra)
    return {
        "reference: links": len(reference),
        "reference: linked images": len(linked),
        "reference: groups": _num_groups(len(pictures), reference),
        "found: links": len(found),
        "found: linked images": len(_images(found)),
        "found: groups": _num_groups(len(pictures), found),
        "share of the reference's links found": len(merged) / len(reference),
        "share of the reference's linked images found": len(linked & hit) / len(linked),
        "links beside the reference": len(extra),
        "of these, without agreement of texture": false,
        "share of false links": false / len(found),
    }


def _images(links: pd.DataFrame) -> set[int]:
    return {*links["first"], *links["second"]}


def _num_groups(num_images: int, links: pd.DataFrame) -> int:
    edges = coo_array((np.ones(len(links)), (links["first"], links["second"])), shape=(num_images, num_images))
    _, component = connected_components(edges, directed=False)
    return int((np.bincount(component) > 1).sum())


if __name__ == "__main__":
    main()
