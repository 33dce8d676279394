"""How fast the app is in a real browser, on the checkpoints that are here, by the browser's own clock.

The first chart of the first visitor after a cold start (all of Python still to be imported) and of later ones, from the
navigation on; from a key on the slider of Thresholds to the redrawn chart; from letting go of the slider to the whole
page while 30 people move it once a second, and while ten do who have a photo of their own; eighteen photos dropped at
once, from the browser's event on; what jumps while a page loads; and the megabytes of scripts that a page brings. The
browser and the visitors without one run on the same cores, so a busy machine measures itself: the load stands beside.
"""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.harness.figures import MEGABYTES, MILLISECONDS, SECONDS, Asked, Benchmark, Figure, Found, Goal
from benchmarks.harness.kept import ROOT
from nat_app.pages import PAGES
from tests.browsing import ARGUMENTS, CHROMIUM, STILL, file_chooser, served
from tests.uploads import picture
from tests.visitors import THRESHOLD_SLIDER, Visitor

PATIENCE = 120_000
FIRST_CHART = ".nat-bars .bar"
NOTE_FIRST_CHART = f"""
  window.firstChart = new Promise((told) => {{
    const watch = setInterval(() => {{
      if (!document.querySelector("{FIRST_CHART}")) return;
      clearInterval(watch);
      told(performance.now());
    }}, 10);
  }});
"""
FIND_DRAWING = """
  const roots = [...document.querySelectorAll('*')].map((each) => each.shadowRoot);
  const svg = roots.find((each) => each?.querySelector('.drawing')).querySelector('.drawing svg');
  const watched = { attributes: true, attributeFilter: ['data-t'] };
"""
NEXT_DRAWING = f"""() => {{ {FIND_DRAWING}
  let pressed = 0;
  document.addEventListener('keydown', () => {{ pressed = performance.now(); }}, {{ once: true, capture: true }});
  window.redrawn = new Promise((told) => new MutationObserver((_, observer) => {{
    observer.disconnect();
    requestAnimationFrame(() => told(performance.now() - pressed));
  }}).observe(svg, watched));
}}"""
MOVED = """window.moved = 0;
new PerformanceObserver(list => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.moved += each.value;
}).observe({ type: 'layout-shift', buffered: true });"""
DROPPED = """(charts) => {
  let began = 0;
  document.addEventListener('change', () => { began ||= performance.now(); }, { once: true, capture: true });
  window.answered = new Promise((told) => {
    let first = 0;
    const watch = setInterval(() => {
      const cards = [...document.querySelectorAll('[class*=st-key-card_]')];
      const drawn = cards.filter((each) => each.querySelector('.nat-bars')).length;
      const arrived = document.querySelector('[class*=st-key-arrived_] .nat-bars');
      if ((drawn || arrived) && !first) first = performance.now() - began;
      const still = '[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]';
      const busy = document.querySelector(still);
      if (drawn < charts || busy) return;
      clearInterval(watch);
      told([first, performance.now() - began]);
    }, 10);
  });
}"""
SCRIPTS = """() => performance.getEntriesByType('resource')
  .filter((each) => new URL(each.name).pathname.endsWith('.js'))
  .reduce((sum, each) => sum + each.decodedBodySize, 0)"""
PHOTOS, CARDS = 18, 8
"""How many are dropped, and how many of them the first page of answers shows."""
CLOCK, CROWD = "the browser's clock", "visitors without a window"
FIGURES = (
    Figure("first_chart_cold", "First chart after a cold start", CLOCK, Goal(3, SECONDS, at_most=True),
           reason="the server still imports what the page needs, while the browser compiles Streamlit's own scripts."),
    Figure("first_chart_later", "First chart of a second visitor", CLOCK, Goal(2, SECONDS, at_most=True),
           reason="Most of it is the browser's own: it compiles the 2.6 MB of scripts that Streamlit itself needs."),
    Figure("key_to_chart", "Key to redrawn chart", CLOCK, Goal(100, MILLISECONDS, at_most=True)),
    Figure("people_sweeping", "30 people sweeping, p95", CROWD, Goal(300, MILLISECONDS, at_most=True)),
    Figure("people_with_photos", "10 people with photos, p95", CROWD, Goal(800, MILLISECONDS, at_most=True)),
    Figure("photos_first", "18 photos dropped at once, first answer", CLOCK, Goal(1, SECONDS, at_most=True),
           reason="Streamlit's drop zone hands the photos over once the last is sent; from then on each is shown as it "
           "is read."),
    Figure("photos_all", "18 photos dropped at once, all", CLOCK, Goal(4, SECONDS, at_most=True)),
    Figure("layout_shift", "Summed layout shift, the worst page", CLOCK, Goal(0.1, "", at_most=True)),
    Figure("scripts", "Scripts of a page, the heaviest", "unpacked", Goal(6, MEGABYTES, at_most=True),
           reason="Plotly alone has 4.7 MB, where a page draws with it; the rest are Streamlit's own."),
)  # fmt: skip


def measure(asked: Asked) -> Iterator[Found]:
    """Measure all of it on one server; a first visit is cold once, so that each round starts another."""
    networks = str(ROOT / "checkpoints")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        if not asked.quick:
            yield Found("first_chart_cold", tuple(cold_starts(browser, networks, asked.rounds)))
        with served(networks) as address:
            if not asked.quick:
                first_chart(browser, address)  # this server's first visitor
            yield Found("first_chart_later", tuple(first_chart(browser, address) for _ in range(asked.rounds)))
            page = thresholds_page(browser, address)
            yield Found("key_to_chart", tuple(key_to_chart(page, asked.of(7, 1)) for _ in range(asked.rounds)))
            page.context.close()
            drops = [dropped(browser, address, asked.of(PHOTOS, 1)) for _ in range(asked.rounds)]
            yield Found("photos_first", tuple(first for first, _ in drops))
            yield Found("photos_all", tuple(last for _, last in drops))
            yield from loads(browser, address, asked)
            for figure, people, photos in (("people_sweeping", 30, False), ("people_with_photos", 10, True)):
                waits = many_at_once(address, asked.of(people, 3), asked.of(4, 1) * asked.rounds, photos)
                note = f"{len(waits)} answers to {asked.of(people, 3)}"
                yield Found(figure, (float(np.quantile(waits, 0.95)),), note=note)
        browser.close()


def cold_starts(browser: Browser, networks: str, rounds: int) -> list[float]:
    """Return what the first visitor of each of so many new servers waits, in seconds."""
    times = []
    for _ in range(rounds):
        with served(networks) as address:
            times.append(first_chart(browser, address))
    return times


def dropped(browser: Browser, address: str, photos: int) -> tuple[float, float]:
    """Return the seconds from the drop of so many photos to the first answer, and to all that a page shows."""
    folder = ROOT / "nat_core" / "data" / "gallery"
    files = sorted(map(str, folder.glob("*.jpg")))[:photos]
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/your_photos?pair=wrn16_1")
    chooser = file_chooser(page, "uploads")
    chooser.wait_for(state="attached")
    page.evaluate(STILL)
    page.evaluate(DROPPED, min(photos, CARDS))
    chooser.set_input_files(files)
    first, last = page.evaluate("window.answered")
    page.context.close()
    return first / 1000, last / 1000


def loads(browser: Browser, address: str, asked: Asked) -> Iterator[Found]:
    """Measure what jumps while each page loads, and its scripts, each page in a window of its own."""
    moved, megabytes = {}, {}
    for name in [each.name for each in PAGES][: asked.of(len(PAGES), 1)]:
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(PATIENCE)
        page.add_init_script(MOVED)
        page.goto(f"{address}/{name}?pair=wrn16_1")
        page.locator("h1").first.wait_for()
        page.evaluate(STILL)
        moved[name], megabytes[name] = page.evaluate("window.moved"), page.evaluate(SCRIPTS) / 1e6
        page.context.close()
    for figure, found in (("layout_shift", moved), ("scripts", megabytes)):
        worst = max(found, key=lambda name: found[name])
        yield Found(figure, (found[worst],), note=f"on {worst}, of {len(found)} pages")


def first_chart(browser: Browser, address: str) -> float:
    """Return the seconds until a new visitor sees the first chart of See it, by the browser's own clock.

    That clock starts with the navigation, so what the browser's driver takes is not counted.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(NOTE_FIRST_CHART)
    page.goto(f"{address}/?pair=wrn16_1")
    page.locator(FIRST_CHART).first.wait_for(state="attached", timeout=PATIENCE)
    seconds = page.evaluate("window.firstChart") / 1000
    context.close()
    return seconds


def thresholds_page(browser: Browser, address: str) -> Page:
    """Return Thresholds, drawn and at rest."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/thresholds?t=0.5")
    page.locator(".drawing svg").wait_for()
    page.wait_for_timeout(2000)
    return page


def key_to_chart(page: Page, presses: int) -> float:
    """Return the median milliseconds from a key on the slider to the redrawn chart."""
    slider = page.get_by_role("slider")
    slider.focus()
    times = []
    for number in range(presses):
        page.evaluate(NEXT_DRAWING)
        slider.press("ArrowRight" if number % 2 else "ArrowLeft")
        times.append(page.evaluate("window.redrawn"))
        page.wait_for_timeout(700)
    return median(times)


def many_at_once(address: str, people: int, rounds: int, photos: bool) -> list[float]:
    """Return the milliseconds of each answer to so many visitors, who move the threshold once a second, all at once.

    From the moment a visitor lets go of the slider to the moment all of the page is there. The visitors have no window
    (`tests.visitors`): thirty browsers on the same cores would measure themselves. With `photos` each has one of their
    own on Your photos.
    """
    ready = threading.Barrier(people, timeout=300)
    where = "your_photos" if photos else "thresholds"

    def sweep(number: int) -> list[float]:
        cookie = f"bench{number}{os.getpid()}"
        with Visitor(address, where, "pair=wrn16_1", headers={"Cookie": f"nat_visitor={cookie}"}) as visitor:
            if photos:
                visitor.upload(f"{number}.png", picture((number * 9, 90, 90)), cookie)
            ready.wait()
            time.sleep(number / people)
            answers = []
            for step in range(rounds):
                threshold = 0.5 + 0.01 * ((step + number) % 40)
                seconds = visitor.slide(THRESHOLD_SLIDER, threshold)
                answers.append(1000 * seconds)
                time.sleep(max(0.0, 1 - seconds))
            return answers

    with ThreadPoolExecutor(people) as crowd:
        return [each for answers in crowd.map(sweep, range(people)) for each in answers]


BENCHMARK = Benchmark("app", "In a browser", FIGURES, measure, needs=("chromium", "playwright"))
