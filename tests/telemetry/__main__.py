"""`python -m tests.telemetry` writes the page of metrics anew."""

from tests.telemetry.page import PAGE, page

if __name__ == "__main__":
    PAGE.write_text(page())
