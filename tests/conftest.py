"""What several test files share: the real data sets, and networks small enough to train here."""

import gc
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

# A process a core computes already: of two threads each, every one would spend its time waiting for the others. Read
# when PyTorch is first imported, here and in every process that a test starts; tests about threads set their own.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# The machine may be busy: how long an example takes says nothing of the code. What a test sets itself still counts.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
MadeOnce = Callable[[str, Callable[[Path], object]], Path]
"""What fills a folder of a name once a run, and returns it."""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Leave all that is imported while tests are looked for out of every later collection of garbage.

    Torch, Streamlit and what else lives as long as the process are a million objects: to look through them cost a
    twentieth of what tests cost.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# First, or xdist has looked for groups before there are any, and hands out each test by itself.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each process whole files of tests, and two of them all tests that drive a browser: three would wait for it.

    What takes longest begins first, so that no process is left with it while the others have nothing more to do.
    Tests of endurance run where they are asked for by name. Not by `-m "not endurance"` in pyproject.toml: another -m,
    as the documents show it, would take its place.
    """
    if "endurance" not in config.getoption("markexpr"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("endurance")])
        items[:] = [item for item in items if not item.get_closest_marker("endurance")]
    driving = sorted({item.path.name for item in items if item.get_closest_marker("browser")})
    browsers = {name: f"browser {place % 2}" for place, name in enumerate(driving)}
    groups = {item: browsers[item.path.name] if item.get_closest_marker("browser") else _group(item) for item in items}
    slow = {group for item, group in groups.items() if item.get_closest_marker("slow")}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: (groups[item] not in browsers.values(), groups[item] not in slow))


def _group(item: pytest.Item) -> str:
    """Its file, or one group for all files that copy a process (tests/forks.py), which then one worker alone makes."""
    names = vars(item.module) if isinstance(item, pytest.Function) else {}
    return "copies" if names.keys() & {"Copy", "PROCESSES"} else item.path.name


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name what is long by its argument: a test's name of megabytes helps nobody, and a zip file holds the time."""
    return argname if isinstance(val, bytes | str) and len(val) > 80 else None


@pytest.fixture(scope="session", autouse=True)
def looked_through_packages_once() -> Iterator[None]:
    """AppTest looks through all installed packages for Streamlit's components, which is a third of what a page costs.

    And it reads and compiles every script at every run, and asks a thousand times a second whether that is over, which
    keeps the interpreter from the script. A server does the first two once, and neither what is installed nor the
    pages change while the tests run.
    """
    if "streamlit.testing.v1" not in sys.modules:
        yield
        return
    from streamlit.components.v2 import manifest_scanner
    from streamlit.runtime.scriptrunner.script_cache import ScriptCache
    from streamlit.testing.v1 import app_test, local_script_runner

    from tests.pages import ran_to_its_end

    scripts = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: scripts)
        too_late = local_script_runner.require_widgets_deltas
        patch.setattr(local_script_runner, "require_widgets_deltas", partial(ran_to_its_end, too_late))
        # A page can be opened at once, as by a link: AppTest would name it by its file, and all of ours are view.py.
        patch.setattr(app_test, "page_icon_and_name", lambda file: ("", file.parent.name))
        yield


@pytest.fixture(scope="session", autouse=True)
def sources_stay_as_they_are() -> Iterator[None]:
    """Every example of a docstring begins by asking the disk whether any source that was ever read is still the same.

    There are a thousand such files, and a thousand examples.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linecache, "checkcache", lambda filename=None: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def trained_once(made_once: MadeOnce) -> Iterator[None]:
    """The lessons' networks of the playground are trained once a run for each choice of settings, not by every test.

    Their own tests (tests/small) train them each time.
    """
    if "nat_app.views.playground.state" not in sys.modules:
        yield
        return
    import numpy as np

    from nat_app.views.playground import state

    def trained(here: state.Scene, steps: int = state.STEPS) -> state.Reached:
        asked = repr((here.chosen, here.negatives.tolist(), steps)).encode()
        folder = made_once(f"trained-{sha256(asked).hexdigest()[:16]}", lambda folder: train(folder, here, steps))
        with np.load(folder / "reached.npz") as kept:
            return state.Reached(int(kept["step"]), kept["weights"], int(kept["learned"]))

    def train(folder: Path, here: state.Scene, steps: int) -> None:
        np.savez(folder / "reached.npz", **vars(whole(here, steps)))

    whole = state.trained
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "trained", trained)
        yield


@pytest.fixture
def german() -> Iterator[None]:
    """German is spoken in this test."""
    import nat_app.shared.language  # noqa: F401 - brings the app's catalogues
    from nat_core import language

    language.use("de")
    yield
    language.use(language.SOURCE)


@pytest.fixture
def less_noise() -> Iterator[None]:
    """Ten pictures of noise instead of 10,000, for tests that are about training."""
    from tests.few_pictures import use_less_noise

    # A patch of its own: `monkeypatch.undo()` in a test takes back what that test changed, and not this.
    with pytest.MonkeyPatch.context() as patch:
        use_less_noise(patch)
        yield


@pytest.fixture
def few_pictures(less_noise: None) -> Iterator[None]:
    """And a quarter of the digits, for tests that train on them."""
    from tests.few_pictures import use_few_digits

    with pytest.MonkeyPatch.context() as patch:
        use_few_digits(patch)
        yield


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of the real data sets; skips where there is none."""
    named = os.environ.get("NAT_DATA")
    if not named:
        pytest.skip("needs the real data sets: name their folder in NAT_DATA")
    missing = [name for name in ("cifar10.npz", "cifar100.npz", "ilsvrc") if not (Path(named) / name).exists()]
    if missing:
        pytest.skip(f"needs the real data sets: NAT_DATA={named} has no {', '.join(missing)}")
    return Path(named)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """A function that fills a folder of that name, which all processes of a run then share; tests only read it."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made(name: str, fill: Callable[[Path], object]) -> Path:
        with FileLock(shared / f"{name}.lock"):
            if not (shared / name).exists():
                folder = tmp_path_factory.mktemp(name)
                fill(folder)
                folder.rename(shared / name)
        return shared / name

    return made


@pytest.fixture(scope="session")
def digits_networks(made_once: MadeOnce) -> Path:
    """A checkpoints folder with digits_baseline and digits_nat, trained for two epochs of small pictures."""
    from nat_core.recipes import recipe_named
    from nat_core.training.loop import train
    from tests.few_pictures import use_less_noise

    def fill(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            use_less_noise(patch)
            for name in ("digits_baseline", "digits_nat"):
                short = replace(recipe_named(name), epochs=2, sizes=((16, 1.0),))
                train(short, out=folder, device="cpu", progress=False)

    return made_once("digits_networks", fill)


@pytest.fixture
def small_cifar(tmp_path: Path) -> Path:
    """A data folder with a CIFAR-10 and a CIFAR-100 of a few random pictures: two batches to learn, ten to test."""
    import numpy as np

    generator = np.random.default_rng(0)
    for name, classes in (("cifar10", 10), ("cifar100", 100)):
        arrays = {"classes": np.array([f"c{index}" for index in range(classes)])}
        for split, count in (("train", 160), ("test", 10)):
            arrays[f"{split}_images"] = generator.integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)
            arrays[f"{split}_labels"] = generator.integers(0, classes, count)
        np.savez(tmp_path / f"{name}.npz", **arrays)
    return tmp_path


@pytest.fixture(scope="session")
def networks(made_once: MadeOnce) -> Path:
    """Made-up checkpoints of the small pair, the middle pair, both students and the digits."""
    from tests.synthetic import write_network, write_pairs

    def fill(folder: Path) -> None:
        write_pairs(folder, "wrn16_1", "wrn40_1", "digits")
        write_network(folder, "wrn16_1_student_of_baseline", seed=2)
        write_network(folder, "wrn16_1_student_of_nat", seed=3)

    return made_once("networks", fill)


@pytest.fixture(scope="session")
def taught_networks(made_once: MadeOnce) -> Path:
    """A pair of made-up networks, the baseline with made-up features."""
    from tests.synthetic import write_features, write_pairs

    def fill(folder: Path) -> None:
        write_pairs(folder, "wrn16_1")
        write_features(folder, "wrn16_1_baseline")

    return made_once("taught_networks", fill)


@pytest.fixture(scope="module")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that is published, for tests that alter it and put it back."""
    from tests.store.test_altered import published

    folder = tmp_path_factory.mktemp("published")
    published(folder)
    return folder


@pytest.fixture
def fresh_caches() -> Iterator[None]:
    """No page sees what another test cached."""
    yield
    _forget()


@pytest.fixture
def kept_caches(request: pytest.FixtureRequest) -> Iterator[None]:
    """What pages computed of files that are still the same is kept for the next test, as a server does for visitors.

    Not where a test patches something (all that do ask for `monkeypatch`): it begins and ends with nothing.
    """
    patches = "monkeypatch" in request.fixturenames
    if patches:
        _forget()
    yield
    if patches:
        _forget()


def _forget() -> None:
    import streamlit as st

    from nat_app.answers import shared_results

    st.cache_data.clear()
    st.cache_resource.clear()
    shared_results.forget_all()


@pytest.fixture
def start(kept_caches: None):
    """Yield a function that opens a page on a folder of checkpoints."""
    from streamlit.testing.v1 import AppTest

    from nat_core import language
    from tests.pages import MAIN, PAGES

    # A patch of its own: it changes what is looked at, and nothing that is computed.
    with pytest.MonkeyPatch.context() as patch:

        def opened(folder: Path, page: str = PAGES[0], **state: object) -> AppTest:
            patch.setenv("NAT_CHECKPOINTS", str(folder))
            # AppTest asks for the words of a choice outside of the visit that it runs, and so of its language.
            language.use(str(state.get("lang") or language.SOURCE))
            app = AppTest.from_file(MAIN, default_timeout=60)
            for key, value in state.items():
                app.session_state[key] = value
            return (app if page == PAGES[0] else app.switch_page(page)).run()

        yield opened
        language.use(language.SOURCE)
