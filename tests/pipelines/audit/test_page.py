"""The page in a real browser."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from pipelines.audit import page
from tests.pipelines.audit.test_verdict import RESULTS, verdict

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


@pytest.mark.slow
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_asks_for_nothing_and_is_accessible(scheme: str, tmp_path: Path) -> None:
    file = tmp_path / "audit.html"
    file.write_text(page.render(verdict(*RESULTS.values()), signed=True), encoding="utf-8")
    asked: list[str] = []
    spoken: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        tab = browser.new_page(color_scheme=scheme, bypass_csp=True)
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: spoken.append(message.text))
        tab.on("pageerror", lambda error: spoken.append(str(error)))
        tab.goto(file.as_uri())
        seen = list(spoken), [url for url in asked if not url.startswith("data:")]
        violations = Axe().run(tab).response["violations"]
        tab.screenshot(path=str(tmp_path / f"{scheme}.png"), full_page=True)
        browser.close()

    assert ([], [file.as_uri()]) == seen
    assert [] == [(violation["id"], violation["nodes"][0]["html"]) for violation in violations]
