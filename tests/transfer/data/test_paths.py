import pytest

from transfer.data import paths


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/etc/passwd", "absolute"),
        ("\\server\\share", "absolute"),
        ("C:\\windows\\a.png", "drive"),
        ("a/../../b.png", "climbs out"),
        ("a\\..\\b.png", "climbs out"),
        ("a\nb.png", "control characters"),
        ("a\udc80.png", "not valid UTF-8"),
    ],
)
def test_names_that_may_lead_elsewhere_are_unsafe(name: str, reason: str) -> None:
    assert reason in (paths.why_unsafe(name) or "")


@pytest.mark.parametrize("name", ["a.png", "a/b c/ä.png", "a..b/c...png", "./a.png", "a\\b.png"])
def test_names_that_stay_inside_are_safe(name: str) -> None:
    assert paths.why_unsafe(name) is None


def test_names_are_written_with_single_slashes() -> None:
    assert paths.normalise("./a\\b//c.png") == "a/b/c.png"


def test_parts_of_a_name() -> None:
    assert (paths.folder("a/b.c.JPG"), paths.stem("a/b.c.JPG"), paths.extension("a/b.c.JPG")) == ("a", "b.c", ".jpg")
    assert (paths.folder("b"), paths.stem(".hidden"), paths.extension(".hidden")) == ("", ".hidden", "")


def test_what_systems_leave_behind_is_no_image() -> None:
    assert paths.is_image("a/b.JPEG")
    assert not paths.is_image("__MACOSX/a/._b.jpg")
    assert not paths.is_image(".thumbnails/b.jpg")
