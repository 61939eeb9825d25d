from pathlib import Path

from scripts.large_files import MOST_BYTES, too_large


def test_only_files_above_the_limit_are_named(tmp_path: Path) -> None:
    sizes = {"fits": MOST_BYTES, "large": MOST_BYTES + 1}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(bytes(size))

    found = too_large([str(tmp_path / name) for name in (*sizes, "missing")])

    assert [f"{tmp_path / 'large'}: 1,048,577 bytes, more than 1,048,576"] == found
