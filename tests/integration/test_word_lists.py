"""Word lists, the second kind of aggregate: one way through topics, journal, take-over and quarantine for all kinds."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic_core import from_json

from adapters import failpoints
from contracts.catalogue import Entry, Label, PutWordList
from contracts.commands import ReleaseQuarantine
from contracts.envelope import Envelope
from contracts.partitioning import home
from domain.catalogue import put
from domain.catalogue.aggregate import WORD_LIST
from domain.deciding.aggregate import Kinds
from domain.orders.aggregate import ORDER
from hub import wiring
from hub.desk import word_lists
from hub.desk.proof import prove
from tests.integration.messages import header, placed
from tests.stage import Stage

pytestmark = pytest.mark.integration

THEMES = "wordlist:themes"
LATE, GIFT = Entry(code="late", labels=(Label(locale="fr", text="En retard"),)), Entry(code="gift")


async def say(stage: Stage, *entries: Entry, name: str = "themes", token: str | None = None, **said: Any) -> None:
    """Put a list."""
    version = said.pop("version", None)
    message = PutWordList(entries=entries, expected_version=version)
    await stage.say("hub.commands", message, name, token=token or stage.token(), **said)


async def told(stage: Stage, topic: str = "catalogue.events") -> list[tuple[str, dict[str, Any]]]:
    """Return what was published, with its types."""
    return [(header(each, "ce_type"), from_json(each.value or b"")) for each in await stage.records(topic)]


async def answers(stage: Stage) -> list[tuple[str, str | None]]:
    """Return the answers to commands, each with its code."""
    return [(kind, data.get("code")) for kind, data in await told(stage) if kind.startswith("command.")]


@pytest.mark.rule("OMC-27")
async def test_an_administrator_keeps_a_list_that_everybody_can_follow(stage: Stage) -> None:
    stage.start_hub()
    await say(stage, LATE, GIFT, event_id="c-1")
    await say(stage, GIFT, event_id="c-2", version=1)
    await say(stage, GIFT, event_id="c-3")
    await say(stage, LATE, event_id="c-4", version=1)
    await say(stage, LATE, event_id="c-2", version=1)
    await say(stage, LATE, token=stage.token("orders.manage"), event_id="c-5")
    await stage.until_read()

    changes = [data for kind, data in await told(stage) if kind == "wordlist.changed.v1"]
    assert [(each["version"], [w["code"] for w in each["entries"]]) for each in changes] == [
        (1, ["late", "gift"]),
        (2, ["gift"]),
    ]
    assert [word["code"] for word in changes[1]["retired"]] == ["late"]
    assert await answers(stage) == [
        ("command.accepted.v1", None),
        ("command.accepted.v1", None),
        ("command.accepted.v1", None),
        ("command.rejected.v1", "stale_version"),
        ("command.rejected.v1", "scope"),
    ]
    *_, last = await stage.records("catalogue.status")
    assert (last.key, from_json(last.value or b"")["version"]) == (THEMES.encode(), 2)
    assert (last.partition, header(last, "ce_subject")) == (home("wordlist:themes", 2), THEMES) or last.key
    view = await word_lists.show(stage.desk, "themes")
    assert ([e.code for e in view.entries], [e.code for e in view.retired]) == (["gift"], ["late"])
    assert [each.what for each in view.timeline] == ["wordlist.put.v1"] * 5
    assert [row.code for row in view.set_aside] == ["id_reused"]
    assert (await prove(stage.desk)).differences == ()


async def test_a_list_lives_where_its_bare_name_does_and_a_stray_record_is_sent_home(stage: Stage) -> None:
    stage.start_hub()
    away = 1 - home("themes", 2)

    await say(stage, LATE, partition=away)
    await stage.until_rows("SELECT 1 FROM subjects")

    [row] = await stage.rows("SELECT subject, kind, shard, version FROM subjects")
    assert row == {"subject": THEMES, "kind": "wordlist", "shard": home("themes", 2), "version": 1}


async def test_an_order_and_a_list_of_one_name_are_two_things(stage: Stage) -> None:
    stage.start_hub()

    await stage.say("shop.events", placed(), "themes")
    await say(stage, LATE)
    await stage.until_read()

    assert await stage.state("themes") == "payment_pending"
    assert [row["subject"] for row in await stage.rows("SELECT subject FROM subjects")] == [THEMES]
    assert (await prove(stage.desk)).differences == ()


@pytest.mark.parametrize("name", [THEMES, "customer:1", "promotion:SUMMER"])
async def test_no_order_is_called_like_something_else(stage: Stage, name: str) -> None:
    stage.start_hub()

    await stage.say("shop.events", placed(f"N-{name}"), name)
    await stage.until_read()

    assert [row["code"] for row in await stage.rows("SELECT code FROM set_aside")] == ["order_id_reserved"]


@pytest.mark.parametrize(
    ("name", "code"), [(None, "subject_missing"), ("x" * 181, "subject_invalid"), ("no list", "subject_invalid")]
)
async def test_a_list_that_is_not_named_well_is_a_dead_letter_that_says_so(
    stage: Stage, name: str | None, code: str
) -> None:
    stage.start_hub()
    message = PutWordList(entries=(LATE,))
    event = Envelope("c-1", "/partners/test", message.type(), name)

    await stage.write("hub.commands", value=message.encoded(), headers=event.headers(), partition=0)
    await stage.until_read()

    assert [row["code"] for row in await stage.rows("SELECT code FROM set_aside")] == [code]


async def test_a_list_that_nobody_knows_is_refused(stage: Stage) -> None:
    stage.start_hub()

    await say(stage, LATE, name="colours")
    await stage.until_read()

    assert await answers(stage) == [("command.rejected.v1", "unknown_wordlist")]
    assert await stage.rows("SELECT 1 FROM subjects UNION ALL SELECT 1 FROM journal") == []


@pytest.mark.parametrize("point", ["stored", "committed", "acknowledged", "ended"])
async def test_wherever_a_batch_ends_the_list_is_stored_and_told_once(
    stage: Stage, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = {point}

    async def hit(name: str) -> None:
        if name in failing:
            failing.remove(name)
            raise OSError(f"cut off at {name}")

    monkeypatch.setattr(failpoints, "hit", hit)
    stage.start_hub()

    await say(stage, LATE, GIFT)
    await stage.until_read()

    assert [kind for kind, _ in await told(stage)] == ["wordlist.changed.v1", "command.accepted.v1"]
    states = await told(stage, "catalogue.status")
    assert {(kind, data["version"]) for kind, data in states} == {("wordlist.status.v1", 1)}
    assert (await prove(stage.desk)).differences == ()


async def test_a_bug_stops_one_list_until_an_operator_lets_it_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = [True]

    def decide(listed: Any, received: Any, known: Any) -> Any:
        if broken and listed.id == "themes":
            raise ZeroDivisionError("a bug in a rule")
        return put.decide(listed, received, known)

    monkeypatch.setattr(wiring, "KINDS", Kinds(ORDER, replace(WORD_LIST, decide=decide)))
    stage.start_hub()
    await say(stage, LATE)
    await say(stage, GIFT)
    await say(stage, LATE, name="segments")
    await stage.until_rows("SELECT 1 FROM set_aside WHERE kind = 'quarantined'", 2)
    await stage.until_rows("SELECT 1 FROM subjects")
    broken.clear()

    refused, allowed = stage.token("orders.operate", stores=["lille"]), stage.token("orders.operate")
    await stage.say("hub.commands", ReleaseQuarantine(of="wordlist"), "themes", token=refused)
    await stage.say("hub.commands", ReleaseQuarantine(of="wordlist"), "themes", token=allowed)
    await stage.until_rows("SELECT 1 FROM subjects", 2)
    await stage.until_read()

    view = await word_lists.show(stage.desk, "themes")
    assert ([e.code for e in view.entries], view.version) == (["gift"], 2)
    assert ("command.rejected.v1", "scope") in await answers(stage)
    assert await stage.rows("SELECT 1 FROM quarantine") == []
    assert (await prove(stage.desk)).differences == ()


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        ("UPDATE subjects SET document = jsonb_set(document, '{entries,0,code}', '\"gift\"')", "replay"),
        ("UPDATE subjects SET version = 7", "replay"),
        ("DELETE FROM subjects", "lost"),
        ("UPDATE journal SET data = jsonb_set(data, '{fact,entries}', '[]')", "replay"),
    ],
)
async def test_the_proof_finds_what_was_changed_behind_its_back(stage: Stage, tamper: str, kind: str) -> None:
    stage.start_hub()
    await say(stage, LATE)
    await stage.until_read()
    await stage.stop_hubs()

    await stage.change(tamper)

    found = (await prove(stage.desk)).differences
    assert kind in {each.kind for each in found if each.where.startswith("wordlist themes")}
