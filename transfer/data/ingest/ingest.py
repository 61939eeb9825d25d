"""Turn the records of any format into the canonical data set, reading every image exactly once."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from receiver.progress import track
from transfer.data import paths
from transfer.data.dataset import Dataset
from transfer.data.ingest.boxes import judge, place
from transfer.data.ingest.findings import Ledger
from transfer.data.ingest.formats.records import RawImage
from transfer.data.ingest.image_checks import Examined, examine
from transfer.data.ingest.labels import Rules, group_of, is_named, label_of
from transfer.data.ingest.tables import Tables
from transfer.data.reading import USUAL, Reading
from transfer.data.source import Source
from transfer.data.threads import ordered_map
from transfer.errors import DataError


def ingest(
    source: Source,
    records: Iterable[RawImage],
    ledger: Ledger,
    *,
    rules: Rules,
    num_threads: int,
    max_pixels: int,
    reading: Reading = USUAL,
) -> Dataset:
    """Check every image and its boxes, derive labels and groups, and number what stays in the order of the files.

    Raises:
        DataError: a finding fails, or no image is left; the message lists the findings.
    """
    tables = Tables()
    examined = ordered_map(partial(examine, source, max_pixels, reading), records, num_threads=num_threads)
    for image in track(examined, "Reading images", total=sum(map(paths.is_image, source.names()))):
        _add(image, tables, rules, ledger)
    # Labels that come from the boxes agree with most of them by definition.
    dataset = tables.dataset(source.root, ledger, compare_labels=rules.label_from != "boxes")
    ledger.stop_if_failed()
    if dataset.images.empty:
        found = sorted({finding.finding for finding in ledger.findings()})
        msg = f"{source.root}: no image is left; findings: {', '.join(found) or 'none'}"
        raise DataError(msg)
    return replace(dataset, reading=reading)


def _add(image: Examined, tables: Tables, rules: Rules, ledger: Ledger) -> None:
    record = image.record
    # All are noted, so that the list is complete: no short cut at the first.
    stays = [ledger.note(finding, record.file, reason) for finding, reason in image.problems]
    if image.facts is None or not all(stays):
        return
    placed = place(record, image.facts, ledger)
    if placed is None:
        return
    boxes = list(judge(record, placed, image.facts, ledger, categories=rules.categories))
    label, group = label_of(record, boxes, rules), group_of(record, rules)
    if is_named(record, label, group, rules, ledger):
        tables.add(image, boxes, label=label, group=group)
