"""What can be chosen on Evidence: the table, and the comparison with what others publish."""

from nat_app.shared.settings import PageSettings, Setting, one_of
from nat_core.paper.field_figures import BENCHMARKS

SHEET: Setting[str | None] = Setting("sheet", None, one_of([f"Table {number}" for number in range(1, 7)]))

FIELD: Setting[str | None] = Setting("published", None, one_of([each.label for each in BENCHMARKS]))

SETTINGS = PageSettings("evidence", (SHEET, FIELD))
