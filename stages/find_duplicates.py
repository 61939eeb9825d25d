"""Find images that show the same thing: equal bytes, equal looks, overlapping parts of one surface."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from receiver.progress import track
from stages.entry import main
from stages.params import Params
from transfer import atomic
from transfer.data import dataset as datasets
from transfer.data.dataset import Dataset
from transfer.data.duplicates import links as linking
from transfer.data.duplicates import search as tiers
from transfer.data.duplicates.links import Link, Tier
from transfer.data.duplicates.registration import Proof
from transfer.data.duplicates.report import write_report
from transfer.data.duplicates.sketches import Detail, Sketches, sketched, working_factor
from transfer.data.duplicates.votes import candidates
from transfer.data.pixels import read_images


class PerceptualParams(Params):
    """Which hashes are alike."""

    radius: int = Field(ge=0, le=16)
    window: PositiveInt


class OverlapParams(Params):
    """How candidates for overlaps are found."""

    working_side: int = Field(ge=32, le=1024)
    pixels_per_spot: PositiveInt
    spot_side: int = Field(ge=7, le=31)
    names_per_spot: int = Field(ge=1, le=16)
    name_bits: int = Field(ge=8, le=64)
    window: PositiveInt
    min_votes: PositiveInt
    max_candidates_per_image: PositiveInt

    @field_validator("spot_side")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            msg = "should be odd, as a spot lies in the middle of its square"
            raise ValueError(msg)
        return value


class ProofParams(Params):
    """What makes a candidate of the tiers `perceptual` and `overlap` a link."""

    min_overlap: float = Field(gt=0, le=1)
    min_sharpness: float = Field(gt=0)
    min_agreement: float = Field(gt=0, lt=1)
    min_blocks: PositiveInt
    max_ambiguity: float = Field(gt=0, le=1)


class FindDuplicatesParams(Params):
    """Which tiers are searched, how, and what is drawn."""

    tiers: tuple[Tier, ...]
    perceptual: PerceptualParams
    overlap: OverlapParams
    proof: ProofParams
    num_pictures: NonNegativeInt
    num_threads: PositiveInt


def run(
    params: FindDuplicatesParams,
    *,
    ingested: Path = Path("data/ingested"),
    duplicates: Path = Path("data/duplicates"),
) -> None:
    """Write the links, the groups they join, a summary, and pictures of aligned pairs."""
    dataset = datasets.read(ingested)
    links = list(tiers.byte_links(dataset.images)) if "bytes" in params.tiers else []
    with _sketched(params, dataset) as sketches:
        if "perceptual" in params.tiers:
            links += tiers.perceptual_links(sketches, proof=_proof(params.proof), **params.perceptual.model_dump())
        if "overlap" in params.tiers:
            links += _overlap_links(params, sketches)
        plain = sketches.image_ids[~sketches.hashed].tolist()
    with atomic.replacing_folder(duplicates) as folder:
        write_report(folder, dataset, linking.table(links), plain=plain, num_pictures=params.num_pictures)


def _sketched(params: FindDuplicatesParams, dataset: Dataset) -> AbstractContextManager[Sketches]:
    ids = sorted(dataset.images["image_id"].tolist()) if {"perceptual", "overlap"} & set(params.tiers) else []
    images = track(read_images(dataset, ids, num_threads=params.num_threads), "Reading images", total=len(ids))
    detail = Detail(
        factor=working_factor(dataset.images, working_side=params.overlap.working_side),
        num_names=params.overlap.names_per_spot,
        pixels_per_spot=params.overlap.pixels_per_spot,
        spot_side=params.overlap.spot_side,
    )
    return sketched(images, detail=detail, num_threads=params.num_threads)


def _overlap_links(params: FindDuplicatesParams, sketches: Sketches) -> Iterator[Link]:
    search = params.overlap
    found = candidates(
        sketches.spots,
        window=search.window,
        prefix_bits=search.name_bits,
        least_votes=search.min_votes,
        most_per_image=search.max_candidates_per_image,
    )
    return tiers.overlap_links(sketches, found, proof=_proof(params.proof), num_threads=params.num_threads)


def _proof(proof: ProofParams) -> Proof:
    return Proof(**proof.model_dump())


if __name__ == "__main__":
    main(run)
