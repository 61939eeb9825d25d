import time

from transfer.data.ingest.formats.files import could_be, sort_out

NAMES = ["a/left/x.png", "a/right/x.png", "b/left/x.png", "b/y.JPG", "b/y.txt", "b/._y.JPG", "top.png"]


def test_files_are_sorted_out() -> None:
    files = sort_out(NAMES)
    assert files.images == ("a/left/x.png", "a/right/x.png", "b/left/x.png", "b/y.JPG", "top.png")
    assert (files.others, files.hidden) == (("b/y.txt",), ("b/._y.JPG",))
    assert files.with_extension(".txt", ".xml") == ["b/y.txt"]


def test_the_longest_common_end_decides_and_then_the_nearest() -> None:
    files = sort_out(NAMES)
    assert files.meant_by("right/x.png", "t.csv") == ["a/right/x.png"]
    assert files.meant_by("C:\\data\\left\\x.png", "b/t.csv") == ["b/left/x.png"]
    assert files.meant_by("../left/x.png", "t.csv") == ["a/left/x.png", "b/left/x.png"]
    assert files.meant_by("elsewhere/y.JPG", "t.csv") == ["b/y.JPG"]
    assert files.meant_by("top.png", "a/t.csv") == ["top.png"]
    assert files.meant_by("z.png", "t.csv") == files.meant_by("", "t.csv") == []


def test_an_annotation_means_the_image_of_its_stem_beside_it_or_nearest() -> None:
    files = sort_out(NAMES)
    assert files.named_like("a/left/x.xml") == ["a/left/x.png"]
    assert files.named_like("b/labels/x.xml") == ["b/left/x.png"]
    assert files.named_like("labels/right/x.xml") == ["a/right/x.png"]
    assert files.named_like("labels/x.xml") == ["a/left/x.png", "a/right/x.png", "b/left/x.png"]
    assert files.named_like("z.xml") == []


def test_many_images_of_one_name_are_found_without_comparing_all() -> None:
    files = sort_out([f"images/{number:06}/scan.png" for number in range(20_000)])
    started = time.perf_counter()
    for number in range(20_000):
        assert files.named_like(f"labels/{number:06}/scan.xml") == [f"images/{number:06}/scan.png"]
        assert files.meant_by(f"{number:06}/scan.png", "t.csv") == [f"images/{number:06}/scan.png"]
    assert len(files.meant_by("scan.png", "t.csv")) == 20_000
    assert time.perf_counter() - started < 30  # comparing each with all takes many minutes


def test_only_a_few_of_many_candidates_are_named() -> None:
    assert could_be(["a", "b"], "none") == "could be a or b"
    assert could_be(list("abcdef"), "none") == "could be a or b or c or 3 more"
    assert could_be([], "none") == "none"
