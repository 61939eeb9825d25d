"""Draw the picture of docs/report.md: the first screen of a report.

python -m benchmarks.report_picture reports/index.html docs/pictures/report.png
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1280, 800
COLOURS = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--dark", action="store_true")
    chosen = parser.parse_args()
    shot = Image.open(io.BytesIO(first_screen(chosen.page, scheme="dark" if chosen.dark else "light")))
    shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(chosen.picture, optimize=True)


def first_screen(page: Path, *, scheme: str) -> bytes:
    """Return a PNG of what Debian's Chromium shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
        tab.goto(page.resolve().as_uri())
        shot: bytes = tab.screenshot()
        browser.close()
        return shot


if __name__ == "__main__":
    main()
