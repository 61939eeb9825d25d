from collections.abc import Callable
from typing import Any

import pytest

from transfer.errors import DataError

Put, Read = Callable[..., None], Callable[..., Any]


def test_an_empty_source_says_what_was_looked_for(put: Put, read: Read) -> None:
    put("README.md", "nothing yet")
    with pytest.raises(DataError) as caught:
        read()
    message = str(caught.value)
    for expected in ("XML files with <annotation>", "JSON files", "'names:'", "a CSV file", "one folder per class"):
        assert expected in message
    assert "Found 0 images and 1 other files, the first is README.md" in message


def test_two_formats_at_once_ask_for_a_choice(put: Put, read: Read) -> None:
    put("a.png")
    put("a.xml", "<annotation><filename>a.png</filename></annotation>")
    put("t.csv", "file,label\na.png,x\n")
    with pytest.raises(DataError, match=r"several formats could be meant \(voc: 1 XML .*; csv: 1 CSV .*\); name one"):
        read()
    records, findings = read("csv")
    assert [record.label for record in records] == ["x"]
    assert [(found.finding, found.file) for found in findings] == [("other_file", "a.xml")]


def test_a_format_that_is_named_has_to_be_there(put: Put, read: Read) -> None:
    put("cat/a.png")
    with pytest.raises(DataError, match=r"ingest_data\.source is 'coco', but there is none of it: JSON files"):
        read("coco")


def test_files_that_belong_to_nothing_do_not_mislead(put: Put, read: Read) -> None:
    put("cat/a.png")
    for name in ("notes.xml", "package.json", "settings.yaml", "numbers.csv"):
        put(name, "{}")
    records, findings = read()
    assert [record.label for record in records] == ["cat"]
    assert len(findings) == 4
