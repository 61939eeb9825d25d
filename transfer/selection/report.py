"""The tournament as a page to read: the recommendation, the table, how it was computed, the pictures."""

from transfer.selection import tables
from transfer.selection.recommendation import RULE, Recommendation
from transfer.selection.standings import Standings
from transfer.selection.sweep import Sweep

PICTURES = {
    "accuracy_by_size.png": "Accuracy against training images per class",
    "accuracy_by_parameters.png": "Accuracy against model size",
    "accuracy_by_cost.png": "Accuracy against training time",
    "learning_curves.png": "Validation accuracy over epochs",
    "learning_rates.png": "The learning-rate sweep",
}


def text(standings: Standings, recommendation: Recommendation, sweep: Sweep) -> str:
    """Return the report in markdown; its pictures lie in the folder `pictures` beside it."""
    parts = [
        "# Tournament of strategies",
        f"**{recommendation.sentence()}**",
        f"Rule: {RULE}",
        tables.markdown(standings),
        _explanation(standings),
        *(f"## {title}\n\n![{title}](pictures/{name})" for name, title in PICTURES.items()),
        sweep.rules(),
        _sweep_table(sweep),
    ]
    return "\n\n".join(parts) + "\n"


def _explanation(standings: Standings) -> str:
    statistics = standings.statistics
    results = standings.rows[0].entry.results
    return (
        f"Each row is the mean of {len(results)} seeds on the same {results[0].num_test_images:,} test images. "
        f"*over seeds*: Student's t-interval at {statistics.confidence:.0%}. *pooled*: bootstrap over seeds and test "
        f"images, {statistics.resamples:,} draws. *p*: exact paired permutation test over images against the best of "
        "the same size, adjusted by Holm's method for the number of comparisons at that size; *worse* means p below "
        f"{statistics.significance:g}. Seconds and memory are means of what was measured."
    )


def _sweep_table(sweep: Sweep) -> str:
    rows = [
        f"| {rate.learning_rate:g} | {rate.best:.2%} | {rate.last:.2%} | {rate.lowest:.2%} | {rate.judgement} |"
        for rate in sweep.rates
    ]
    head = "| learning rate | best validation accuracy | last | lowest | |\n|---:|---:|---:|---:|---|"
    return "\n".join([head, *rows])
