from typing import Annotated, Literal

import pytest
from pydantic import Field

from stages import options
from transfer.errors import ParamsError

TYPES = {"strategy": str, "size": Annotated[int, Field(ge=1)] | Literal["all"], "seed": int, "learning_rate": float}
WORDS = ["--strategy", "20", "--size", "all", "--seed", "3", "--learning-rate", "1e-06"]


def test_values_have_their_types() -> None:
    expected = {"strategy": "20", "size": "all", "seed": 3, "learning_rate": 1e-6}

    assert expected == options.read(WORDS, TYPES)
    assert 20 == options.read(["--size", "20"], {"size": TYPES["size"]})["size"]
    assert {} == options.read([], {})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], r"missing: --strategy, --size, --seed, --learning_rate; dvc.yaml passes them on from the matrix"),
        (WORDS[:6], r"missing: --learning_rate"),
        ([*WORDS, "--sede", "1"], r"found '--sede', which is not an option of this stage; did you mean --seed\?"),
        ([*WORDS, "--zzz", "1"], r"it takes: --strategy, --size, --seed, --learning_rate"),
        (["strategy", "full"], r"found 'strategy', which is not an option"),
        ([*WORDS, "--seed", "4"], r"--seed: given twice"),
        ([*WORDS[:4], "--seed"], r"--seed: its value is missing"),
        ([*WORDS[:5], "three", *WORDS[6:]], r"--seed: found 'three'; input should be a valid integer"),
        (["--size", "0", *WORDS[:2], *WORDS[4:]], r"--size: found '0'; .*greater than or equal to 1; or .*'all'"),
    ],
)
def test_a_mistake_is_a_sentence(words: list[str], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        options.read(words, TYPES)


def test_a_stage_without_options_says_so() -> None:
    with pytest.raises(ParamsError, match=r"found '--seed'; this stage takes no options"):
        options.read(["--seed", "3"], {})
