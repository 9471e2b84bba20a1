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
BLOCK = re.compile(r"```(?:python|text)\n(.*?)```", re.DOTALL)
FILE = re.compile(r"`((?:adapters|contracts|consumers|domain|hub)/[a-z_/]+\.py)`")
TABLE = re.compile(r"^(?P<name>[A-Z]+): Final = .*(?:\n +.*|\n\))*", re.MULTILINE)
"""A table or a constant of a module."""
MEMBER = re.compile(r"[A-Z_]+ = ")
"""A member of an enumeration."""
MARKS = re.compile(r"[+-](?: [+-])* \w+$")
"""The line of a state in a table of sets."""
ENGRAVED = """
from contracts import commands as desk
from domain.orders.view.actions import allowed
from domain.orders.view.waiting import waiting
from tests.domain.story import brought_to
story = brought_to("picking")
commands = {each.command for each in allowed(story.order)}
story.command(desk.CorrectItem("shirt", reason="the wrong weight"))
assert story.order.state == "engraving"
assert {each.command for each in allowed(story.order)} == commands
"""
OPENED = """
from contracts.catalogue import SetHours
from domain.aggregates import KINDS
from domain.deciding.decision import Known
from consumers.commands import inbound
from tests.domain.world import received, somebody
kind = KINDS.of("hours:lille")
assert SetHours in inbound.facts
said = received(SetHours(opens="09:00", closes="19:00"), "c-1", actor=somebody("admin.config"))
first, = kind.decide(kind.empty("lille"), said, Known())
assert [event.name for event in first.events] == ["hours.changed", "command.accepted"]
import json
assert kind.read(json.loads(kind.write(first.after))) == first.after
assert kind.status(first.after).opens == "09:00"
"""

WEIGHED = """
from domain.orders import facts
from domain.orders.rules import RULES
from tests.domain.story import brought_to
story = brought_to("picking")
decision = story.tell(facts.ParcelWeighed(story.shipment(0).id, 1200))
assert [event.text for event in decision.events] == [f"shipment {story.shipment(0).id} weighs 1200 g"]
"""
SCORED = """
from adapters.parties.party import Question
from contracts.fraud import FraudConfirmed, FraudScored, ScoreRequested
from contracts.message import Money
from hub.gateways import GATEWAYS
(party,) = GATEWAYS
asked = ScoreRequested(
    request_id="r-1", number="W-1", customer_id="c-1", amount=Money(2500, "EUR"), channel="web", country="FR"
)
body = {"reference": "o-1", "amount": 2500, "currency": "EUR", "country": "FR"}
assert party.question(asked, "o-1") == Question("/v1/scores", body)
assert party.question(FraudConfirmed(number="W-1", reason="stolen"), "o-1") is None
assert party.answer(asked, {"score": 60}) == FraudScored(verdict="review", request_id="r-1", score=60)
assert FraudScored in party.answers.messages
"""
PRIORITISED = """
from contracts import commands as desk
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
    """Write a block where a reader would: a definition at the end, a table for the old one, a row among its rows."""
    path = copy / file
    text = path.read_text() if path.exists() else ""
    if not text:
        text = f"{block}\n"
    elif block.startswith(("class ", "def ", "@")):
        text = f"{text}\n\n{block}\n"
    elif block.startswith("from "):
        text = text.replace("\nfrom ", f"\n{block}\nfrom ", 1)
    elif TABLE.match(block):
        for table in TABLE.finditer(block):
            text = text.replace(_old(text, table["name"]), table[0], 1)
    else:
        first = _first_row(text, block)
        row = block if MEMBER.match(block) or MARKS.match(block) else f"{block},"
        text = f"{text[: first.start()]}{first[1]}{row}\n{text[first.start() :]}"
    path.write_text(text)


def _old(text: str, name: str) -> str:
    return next(found[0] for found in TABLE.finditer(text) if found["name"] == name)


def _first_row(text: str, block: str) -> re.Match[str]:
    """Return the first of the rows that a block's row belongs to."""
    name = block.split("(")[0]
    same = rf"{re.escape(name)}\(|{re.escape(name.split('.')[0])}\."
    like = r"[A-Z_]+ = " if MEMBER.match(block) else r"[+-] " if MARKS.match(block) else rf"(?:{same})"
    found = re.search(rf"^( +){like}", text, re.MULTILINE)
    assert found is not None, f"no rows like {name}"
    return found


@pytest.mark.parametrize(
    ("page", "files", "works"),
    [
        ("add-a-partner-message.md", 4, WEIGHED),
        ("add-a-command.md", 3, PRIORITISED),
        ("add-a-state.md", 4, ENGRAVED),
        ("add-an-aggregate.md", 4, OPENED),
        ("add-a-gateway.md", 2, SCORED),
    ],
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
