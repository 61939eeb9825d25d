import pandas as pd

from pipelines.comparison import slices

FILES = [f"{number:02}.png" for number in range(12)]
ANSWERS = pd.DataFrame({"file": FILES, "label": ["a", "b"] * 6, "group": "of the answers"})


def images(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"file": FILES, "width": 10, "height": 10, **columns})


def test_a_column_that_tells_images_apart_makes_slices() -> None:
    found = slices.of(ANSWERS, images(mode=["L"] * 5 + ["RGB"] * 7))

    assert [("mode", "L", 5), ("mode", "RGB", 7)] == [(kind, name, len(rows)) for kind, name, rows in found]


def test_sizes_are_thirds() -> None:
    found = slices.of(ANSWERS[:10], images(width=range(1, 13)).assign(height=1)[:10])

    # Parts of fewer than five images say nothing, so all are left out.
    assert [] == found
    many = pd.concat([images(width=width).assign(file=[f"{width}/{f}" for f in FILES]) for width in (10, 20, 30)])
    answers = pd.DataFrame({"file": many["file"].to_numpy(), "label": "a"})
    assert {"small third": 12, "middle third": 12, "large third": 12} == {
        name: len(rows) for _, name, rows in slices.of(answers, many)
    }


def test_what_all_share_or_nobody_shares_makes_none() -> None:
    assert [] == slices.of(ANSWERS, images(mode="RGB", group=FILES))
