"""The documents say what is so: links lead somewhere, commands, settings and topics exist."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel
from sqlalchemy import Table

from adapters.postgres.tables import api, console, webhooks
from consumers.shard.reading import FORGED, Suspended
from contracts.references import NUMBER, PAYMENT, REFUND, RMA, SHIPMENT, TRACKING
from contracts.topics import NOT_OF_THE_API, TOPICS
from domain.deciding.decision import Policy
from domain.orders.order import State
from domain.rights import ROLES, SCOPES
from hub.cli import application
from hub.settings import Settings
from tests.docs.pages import rows_of

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
OUTSIDE_SETTINGS = {
    "HUB_CACHE",
    "HUB_FAILPOINTS",
    "HUB_FAILPOINTS_LOG",
    "HUB_FAILPOINTS_SEED",
    "HUB_JAVA_HOME",
    "HUB_MAVEN_MIRROR",
    "HUB_SECRETS",
}
"""Variables that are read where they are used, before or without the settings; each must be in the sources."""

every_document = pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)


def typed_in(text: str) -> str:
    """Return what a reader may type: blocks for the console without their comments, and spans."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    blocks = [re.sub(r"\s#.*", "", block) for language, block in fenced if language == "console"]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", prose)])


def headings_of(path: Path) -> set[str]:
    """Return a document's anchors, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands() -> dict[str, set[str]]:
    """Return every command by its words, with its options; groups have none."""
    found: dict[str, set[str]] = {}
    waiting = [("hub", typer.main.get_command(application()))]
    while waiting:
        words, command = waiting.pop()
        found[words] = {option for parameter in command.params for option in parameter.opts}
        waiting.extend((f"{words} {name}", below) for name, below in getattr(command, "commands", {}).items())
    return found


def variables(model: type[BaseModel], prefix: str = "HUB_") -> Iterator[str]:
    """Yield the environment variable of every setting."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from variables(inner, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}"


@every_document
def test_every_link_into_the_repository_leads_somewhere(path: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]

    for link in links:
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in headings_of(target), link


@every_document
def test_every_command_named_exists_with_its_options(path: Path) -> None:
    known = commands()
    found = re.findall(r"(?<![\w./-])hub((?: [a-z_][a-z_-]*)+)((?: [^\s|&;`#]+)*)", typed_in(path.read_text()))

    for words, rest in found:
        name, below = "hub", words.split()
        while below and f"{name} {below[0]}" in known:
            name = f"{name} {below.pop(0)}"
        group = any(other.startswith(f"{name} ") for other in known)
        assert not (group and below), f"hub{words} is no command"
        options = set(re.findall(r"(--[a-z-]+)", rest)) - {"--help"}
        assert options <= known[name], f"{name} has no {options - known[name]}"


def test_the_command_page_lists_every_command_and_its_options() -> None:
    page = (ROOT / "docs/cli.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `hub ")]
    leaves = {
        name: options for name, options in commands().items() if not any(n.startswith(f"{name} ") for n in commands())
    }

    for name, options in leaves.items():
        row = next((row for row in rows if re.match(rf"\| `{name}[` ]", row)), None)
        assert row is not None, f"{name} is missing"
        assert {o for o in options if o.startswith("--")} - set(re.findall(r"--[a-z-]+", row)) <= {"--help"}, name


@every_document
def test_every_setting_named_exists(path: Path) -> None:
    named = set(re.findall(r"\bHUB_[A-Z_]*[A-Z]\b", path.read_text()))

    assert named <= set(variables(Settings)) | OUTSIDE_SETTINGS


def test_the_settings_page_lists_every_setting_and_every_choice_with_its_default() -> None:
    page = (ROOT / "docs/settings.md").read_text()
    choices = {row[0].strip("`"): row[1].strip("`") for row in rows_of(page, "The retailer's choices")}

    assert {*variables(Settings), *OUTSIDE_SETTINGS} == set(re.findall(r"^\| `(HUB_\w+)`", page, re.MULTILINE))
    assert choices.keys() == set(Policy.__dataclass_fields__)
    for name, default in choices.items():
        field = str(Policy.__dataclass_fields__[name].type)
        given = json.loads(default) if field.startswith("tuple") else default
        value = Settings(policy={} if field == "str" else {name: given}).domain_policy()
        assert getattr(value, name) == getattr(Policy(), name), name


def test_variables_outside_the_settings_are_in_the_sources() -> None:
    sources = "".join(path.read_text() for room in ("adapters", "hub/cli") for path in (ROOT / room).rglob("*.py"))

    assert all(name in sources for name in OUTSIDE_SETTINGS)


def test_every_table_of_the_api_is_said_to_be_erased_by_somebody() -> None:
    rows = rows_of((ROOT / "docs/api.md").read_text(), "What the API keeps")
    modules = (api, console, webhooks)
    tables = {name for module in modules for name, found in vars(module).items() if isinstance(found, Table)}

    assert {row[0].strip("`") for row in rows} == tables
    assert all(row[2] and row[3] and row[4] for row in rows)


def test_the_readme_lists_every_topic_once() -> None:
    rows = rows_of((ROOT / "README.md").read_text(), "Topics")

    assert [row[0].strip("`") for row in rows] == [topic.name for topic in TOPICS]


def test_the_readme_says_what_every_runtime_dependency_is_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    more = project["optional-dependencies"]["embedded"]
    declared = {re.split(r"[>=<;]", wanted)[0].strip() for wanted in (*project["dependencies"], *more)}
    rows = rows_of((ROOT / "README.md").read_text(), "What each dependency is for")

    assert {row[0].strip("`") for row in rows} == declared
    assert all(row[1] and row[2] for row in rows)


def test_every_code_of_a_dead_letter_in_the_operators_guide_is_one_the_hub_gives() -> None:
    guide = (ROOT / "docs/howto/stuck-order.md").read_text().split("Codes of dead letters:", 1)[1].split("\n## ", 1)[0]
    rows = [line.split(" | ")[0] for line in guide.splitlines() if line.startswith("| `")]
    told = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    sources = "".join(path.read_text() for room in ("contracts", "consumers") for path in (ROOT / room).rglob("*.py"))
    raised = set(re.findall(r'(?:EnvelopeError|BrokenContract)\("(\w+)"', sources))
    decided = set(
        re.findall(r'(?:dead_letter|contradict)\([\w.]+, "(\w+)"|\b(?:fault =|return) \(\s*"(\w+)", f?"', sources)
    )
    decided |= {(code, "") for code in re.findall(r'(?:Stray\(|UNKNOWN: Final = )"(\w+)"', sources)}
    decided |= {(code, "") for code in (NOT_OF_THE_API, *FORGED, *(each.code for each in Suspended))}

    assert told == raised | {code for pair in decided for code in pair if code}


def test_how_to_be_a_partner_lists_every_kind_of_reference() -> None:
    page = (ROOT / "docs/howto/be-a-partner.md").read_text()
    told = set(re.findall(r"^\| `ref:(\w+):", page, re.MULTILINE))

    assert told == {NUMBER, TRACKING, RMA, SHIPMENT, PAYMENT, REFUND}


def test_the_glossary_names_every_state_of_an_order() -> None:
    (row,) = re.findall(r"^\| state \| .*$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)

    assert re.findall(r"`(\w+)`", row) == [str(state) for state in State]


def test_the_api_page_says_which_scopes_each_role_has() -> None:
    rows = rows_of((ROOT / "docs/api.md").read_text(), "Who may what")
    told = {role.strip("`"): set(re.findall(r"`([a-z_.]+)`", scopes)) for role, scopes in rows}
    whole = {role: (scopes - {"csr"}) | (told["csr"] if "csr" in scopes else set()) for role, scopes in told.items()}

    assert whole | {"admin": set(SCOPES)} == {role: set(scopes) for role, scopes in ROLES.items()}
    assert dict(rows)["`admin`"] == "all"
