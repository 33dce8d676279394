"""What can be chosen on Evidence: the table."""

from nat_app.shared.settings import PageSettings, Setting, one_of

SHEET: Setting[str | None] = Setting("sheet", None, one_of([f"Table {number}" for number in range(1, 7)]))

SETTINGS = PageSettings("evidence", (SHEET,))
