"""Say in a few lines what a data set holds."""

from collections import Counter
from collections.abc import Sequence

from transfer.data.dataset import Dataset
from transfer.data.ingest.findings import Finding


def describe(dataset: Dataset, findings: Sequence[Finding]) -> str:
    """Count images by label and split, boxes by category, and findings by what was done."""
    images, boxes = dataset.images, dataset.boxes
    lines = [f"{dataset.root}: {len(images):,} images, {len(boxes):,} boxes"]
    for title, column in (("labels", images["label"]), ("splits", images["split"]), ("categories", boxes["category"])):
        counts = column.value_counts().sort_index()
        listed = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        lines += [f"  {title}: {listed}"] if listed else []
    done = Counter((finding.finding, finding.action) for finding in findings)
    lines += [f"  finding {name}: {count:,} ({action})" for (name, action), count in sorted(done.items())]
    return "\n".join(lines)
