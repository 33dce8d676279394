"""Puts the page that is one file into the documents' site, as nat.html: a hook of mkdocs; no copy lies in git."""

from functools import cache

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from nat_app.one_page.page import page

ADDRESS = "nat.html"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page to what the site holds."""
    files.append(File.generated(config, ADDRESS, content=written()))
    return files


@cache
def written() -> str:
    """Return the page, made once however often the documents are built."""
    return page()
