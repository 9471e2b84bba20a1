"""The report for people: a table of the checks, the promises, and the first differences by name."""

from rich.markup import escape
from rich.table import Table

from verification.report import Report


def table(report: Report) -> Table:
    """Return the report as one table."""
    verdict = "[green]everything agrees[/green]" if report.ok else "[red]differences found[/red]"
    grid = Table("check", "compared", "differences", title=f"Verification: {verdict}")
    grid.columns[1].justify = grid.columns[2].justify = "right"
    for check in report.checks:
        mark = "[red]" if check.differences else "[green]"
        grid.add_row(check.name, f"{check.counted:,}", f"{mark}{check.differences:,}[/]")
    grid.add_section()
    for name in ("lost", "doubled", "out_of_order", "duplicates", "unread", "unpublished", "expired", "repeated"):
        grid.add_row(name.replace("_", " "), f"{getattr(report, name):,}", "")
    for outcome, number in report.by_outcome.items():
        grid.add_row(f"records: {outcome.replace('_', ' ')}", f"{number:,}", "")
    for currency, sums in report.money.items():
        grid.add_section()
        for name, amount in sums.items():
            grid.add_row(f"{name}, {currency} minor units", f"{amount:,}", "")
    if report.differences:
        grid.add_section()
    for difference in report.differences:
        grid.add_row(f"[red]{difference.kind}[/red] {escape(difference.where)}", "", escape(difference.detail))
    return grid
