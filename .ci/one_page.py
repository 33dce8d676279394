"""Puts the page that is one file into the documents' site, as nat.html: a hook of mkdocs; no copy lies in git.

With the file beside it that keeps it for times without a network.
"""

from functools import cache
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from nat_app.one_page.one_file import KEEPER, offline_file, page

ADDRESS = "nat.html"
BESIDE = offline_file(Path(ADDRESS)).name


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page to what the site holds, and the file beside it."""
    files.append(File.generated(config, BESIDE, content=KEEPER.read_text(encoding="utf-8")))
    files.append(File.generated(config, ADDRESS, content=written()))
    return files


@cache
def written() -> str:
    """Return the page, made once however often the documents are built."""
    return page(BESIDE)
