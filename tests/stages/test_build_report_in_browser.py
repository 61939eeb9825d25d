"""The page in a real browser: nothing leaves it, everybody can use it, and it can be printed."""

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from stages import build_report
from stages.params import load
from tests import report_project

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: as root, where CI runs, Chromium has none. The rest keeps it from talking to anybody.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
HOSTILE = {"crazing": "<script>window.broken = 1</script>", "patches": "\" onerror='window.broken = 1' x=\"&amp;"}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = f"none of {', '.join(BROWSERS)} is on PATH; as root on Debian: apt-get install chromium"
        (pytest.fail if os.environ.get("TRANSFERLINE_BROWSER") == "required" else pytest.skip)(reason)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


def build(folder: Path, **drawing) -> Path:
    report_project.draw(folder, **drawing)
    before = Path.cwd()
    try:
        os.chdir(folder)
        build_report.run(load("build_report", build_report.BuildReportParams))
    finally:
        os.chdir(before)
    return folder / "reports/index.html"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return build(tmp_path_factory.mktemp("report"))


@pytest.fixture
def visit(browser: Browser):
    """Return a function that opens a page and a list of what went wrong on it, which must stay empty."""
    contexts, wrong = [], []

    def open_page(path: Path, *, before: str = "", **options):
        context = browser.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        page = context.new_page()
        own = path.as_uri()
        page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith((own, "data:")) else None)
        page.add_init_script(before)
        page.goto(own)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [] == wrong


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scheme", "viewport"),
    [("light", WIDE), ("dark", WIDE), ("light", NARROW)],
    ids=["light", "dark", "narrow"],
)
def test_axe_finds_nothing_to_object_to(path, visit, scheme, viewport) -> None:
    page = visit(path, color_scheme=scheme, viewport=viewport)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")

    results = Axe().run(page)

    assert 0 == results.violations_count, results.generate_report()


def test_the_first_screen_has_what_people_look_for(path, visit) -> None:
    page = visit(path)

    seen = [*page.locator(".figure .number").all(), *page.locator(".verdict strong").all()]
    seen += page.locator(".overview .shot img, .overview .boxed").all()
    assert 2 + 5 + 12 == len(seen)
    bottoms = [box["y"] + box["height"] for one in seen if (box := one.bounding_box())]
    assert max(bottoms) < WIDE["height"]


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1920])
def test_no_width_makes_the_page_scroll_sideways(path, visit, width) -> None:
    page = visit(path, viewport={"width": width, "height": 800})

    assert width == page.evaluate("document.documentElement.scrollWidth")


def test_every_picture_is_inside(path, visit) -> None:
    page = visit(path)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")

    sizes = page.eval_on_selector_all("img", "images => images.map(image => image.naturalWidth)")
    assert len(sizes) > 30
    assert min(sizes) > 0


def test_the_keyboard_reaches_everything(path, visit) -> None:
    page = visit(path)
    focused = "(document.activeElement.textContent || document.activeElement.ariaLabel).trim()"

    page.keyboard.press("Tab")
    assert "Skip to the results" == page.evaluate(focused)
    page.keyboard.press("Enter")
    assert "main" == page.evaluate("document.activeElement.id")

    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        stops.append(page.evaluate("document.activeElement.tagName"))
        assert page.evaluate("document.activeElement.getBoundingClientRect().width > 0")
    # The links of the verdicts, one cell for the whole matrix, and every part that opens.
    assert 5 == stops.count("A")
    assert 1 == stops.count("TD")
    assert page.locator("details").count() == stops.count("SUMMARY")


def test_arrows_walk_the_confusion_matrix_and_enter_shows_a_cell(path, visit) -> None:
    page = visit(path)
    cell = page.locator(".confusion td.miss:not(.zero)").first
    row, column = cell.evaluate("cell => [cell.parentElement.rowIndex - 1, cell.cellIndex - 1]")

    page.locator(".confusion td[tabindex='0']").focus()
    for key in ["ArrowDown"] * row + ["ArrowRight"] * column:
        page.keyboard.press(key)
    assert cell.get_attribute("aria-label") == page.locator("#readout").text_content()

    shots = page.locator("#mistakes .shot:visible")
    in_all = shots.count()
    page.keyboard.press("Enter")
    assert int(cell.text_content() or 0) == shots.count()
    assert "true" == cell.get_attribute("aria-selected")
    page.keyboard.press("Enter")
    assert in_all == shots.count()

    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert 1 == page.evaluate("document.activeElement.cellIndex")


def test_the_theme_can_be_chosen_and_is_kept(path, visit) -> None:
    page = visit(path, color_scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)

    page.get_by_role("button", name="Dark").press("Enter")
    dark = page.evaluate(colour)
    assert light != dark

    page.reload()
    assert dark == page.evaluate(colour)
    page.get_by_role("button", name="Light").click()
    assert light == page.evaluate(colour)


def test_where_storage_is_forbidden_the_theme_can_still_be_chosen(path, visit) -> None:
    forbid = (
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page = visit(path, before=forbid)

    page.get_by_role("button", name="Dark").click()

    assert "dark" == page.evaluate("document.documentElement.dataset.theme")


def test_without_scripts_nothing_is_missing(path, visit) -> None:
    page = visit(path, java_script_enabled=False)

    assert page.locator("#theme").is_hidden()
    assert page.get_by_role("heading", name="Confusion matrix").is_visible()
    assert page.locator(".confusion td[tabindex='0']").count() == 36


def test_it_prints_on_white_with_everything_open(path, visit, tmp_path) -> None:
    page = visit(path, color_scheme="dark")

    printed = page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=True)

    assert printed.startswith(b"%PDF")
    assert 4 <= printed.count(b"/Type /Page\n") <= 20
    page.emulate_media(media="print")
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.locator(".bar").is_hidden()
    # Closed again afterwards.
    assert 0 == page.locator("details[open]").count()


def test_hostile_names_stay_names(tmp_path, visit) -> None:
    page = visit(build(tmp_path, rename=HOSTILE))

    assert page.evaluate("window.broken") is None
    for name in HOSTILE.values():
        assert page.locator(".confusion tbody th", has_text=name).count() == 1
