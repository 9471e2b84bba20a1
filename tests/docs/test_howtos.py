"""The how-tos for builders, carried out: what a page tells to write is written into a copy, and then works."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("adapters", "consumers", "contracts", "domain", "hub", "producers", "verification", "simulators", "tests")
HOWTOS = ROOT / "docs/howto"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
FILE = re.compile(r"`((?:contracts|consumers|domain)/[a-z_/]+\.py)`")

WEIGHED = """
from domain.orders import facts
from domain.orders.decide import RULES
from tests.domain.story import brought_to
story = brought_to("picking")
decision = story.tell(facts.ParcelWeighed(story.shipment(0).id, 1200))
assert [event.text for event in decision.events] == [f"shipment {story.shipment(0).id} weighs 1200 g"]
"""
PRIORITISED = """
from domain.orders import desk_facts as desk
from domain.orders.view.actions import allowed
from tests.domain.story import brought_to
from tests.domain.world import code_of, somebody
from consumers.commands import inbound
story = brought_to("processing")
assert "order.prioritise" in [each.command for each in allowed(story.order)]
assert code_of(story.command(desk.PrioritiseOrder(), somebody("orders.read"))) == "scope"
decision = story.command(desk.PrioritiseOrder(), somebody("orders.manage"))
assert decision.events[0].text == "before the others"
assert code_of(brought_to("cancelled").command(desk.PrioritiseOrder())) == "gate"
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what is built, and of its documents."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(copy: Path, *arguments: str) -> str:
    """Return what a program says that runs in the copy and must end well."""
    done = subprocess.run([sys.executable, "-B", *arguments], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def steps(page: str) -> list[tuple[str, str]]:
    """Return each block of a page with the file that was named last before it."""
    text = (HOWTOS / page).read_text().split("\n## Then", 1)[0]
    return [(FILE.findall(text[: found.start()])[-1], found[1].strip()) for found in BLOCK.finditer(text)]


def write(copy: Path, file: str, block: str) -> None:
    """Write a block where a reader would: a definition to the end of its file, a row to the end of its table."""
    path = copy / file
    text = path.read_text()
    if block.startswith(("class ", "def ", "@")):
        path.write_text(f"{text}\n\n{block}\n")
        return
    name = block.split("(")[0]
    rows = list(re.finditer(rf"^( +)(?:{re.escape(name)}\(|{re.escape(name.split('.')[0])}\.)", text, re.MULTILINE))
    first = rows[0]
    path.write_text(f"{text[: first.start()]}{first[1]}{block},\n{text[first.start() :]}")


@pytest.mark.parametrize(
    ("page", "files", "works"), [("add-a-partner-message.md", 4, WEIGHED), ("add-a-command.md", 3, PRIORITISED)]
)
def test_who_does_what_a_page_says_has_what_it_promises(copy: Path, page: str, files: int, works: str) -> None:
    told = steps(page)
    for file, block in told:
        write(copy, file, block)

    run(copy, "-m", "contracts", "write")
    run(copy, "-c", "import hub.wiring")
    run(copy, "-c", works)

    assert len({file for file, _ in told}) == files


def test_a_step_that_is_left_out_is_asked_for(copy: Path) -> None:
    for file, block in steps("add-a-command.md")[:1]:
        write(copy, file, block)

    said = subprocess.run(
        [sys.executable, "-B", "-c", "import domain.orders.commands"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "The command PrioritiseOrder can't be right: it has 0 rows: write one in" in said.stderr
