"""`python -m tests.telemetry` writes the page of metrics and the dashboards anew."""

from tests.telemetry.dashboards import DASHBOARDS, FOLDER, written
from tests.telemetry.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page())
    for each in DASHBOARDS:
        (FOLDER / f"{each.name}.json").write_text(written(each))
