"""Compare the cells of the tournament: a table with intervals and tests, pictures, and one recommendation."""

from pathlib import Path

from pydantic import Field, NonNegativeInt

from receiver.progress import say
from stages.entry import main
from stages.params import Params
from stages.selection import SelectionParams
from transfer import atomic
from transfer.selection import curves, report, sweep, sweep_picture, tables, tournament, trade_offs
from transfer.selection.recommendation import Recommendation, recommend
from transfer.selection.standings import Standings, Statistics, build


class CompareParams(Params):
    """`margin` is a share of the validation images."""

    confidence: float = Field(gt=0, lt=1)
    significance: float = Field(gt=0, lt=1)
    resamples: int = Field(ge=1000)
    seed: NonNegativeInt
    margin: float = Field(ge=0, lt=1)


def run(
    params: CompareParams,
    selection: SelectionParams,
    *,
    cells: Path = Path("reports/selection/cells"),
    rates: Path = Path("reports/selection/rates"),
    table: Path = Path("reports/selection/table.csv"),
    comparison: Path = Path("reports/selection/comparison.json"),
    page: Path = Path("reports/selection/report.md"),
    pictures: Path = Path("reports/selection/pictures"),
) -> None:
    """Write the table, the numbers, the page and its pictures of exactly the cells that params name."""
    found = tournament.read(cells, **selection.model_dump(exclude={"sweep"}))
    swept = sweep.read(rates, selection.sweep.rates, margin=params.margin)
    standings = build(found, Statistics(**params.model_dump(exclude={"margin"})))
    recommended = recommend(found, standings)
    atomic.write_text(table, tables.csv(standings))
    atomic.write_json(comparison, tables.as_json(standings, recommended, swept))
    with atomic.replacing_folder(pictures) as folder:
        _draw(folder, found, standings, recommended=recommended)
        sweep_picture.learning_rates(folder / "learning_rates.png", swept)
    atomic.write_text(page, report.text(standings, recommended, swept))
    for line in [*tables.lines(standings), recommended.sentence()]:
        say(line)


def _draw(folder: Path, found: tournament.Tournament, standings: Standings, *, recommended: Recommendation) -> None:
    curves.learning_curves(folder / "learning_curves.png", found)
    trade_offs.accuracy_by_size(folder / "accuracy_by_size.png", found, standings)
    trade_offs.accuracy_by_parameters(folder / "accuracy_by_parameters.png", found, standings)
    trade_offs.accuracy_by_cost(folder / "accuracy_by_cost.png", found, standings, recommended=recommended)


if __name__ == "__main__":
    main(run)
