"""`hub health`: is every shard worked on, and if not, why; from the heartbeats of the hub's processes."""

import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Group
from sqlalchemy.exc import SQLAlchemyError

from adapters.postgres import reads
from hub.display import add, shown, titled
from hub.servers import address_of
from hub.settings import Settings
from hub.wiring import engine_of

IDLE_SECONDS: Final = 15.0
"""A shard that got nothing done for so long is worth a word; an idle one looks for work twice a second."""
SILENT: Final = timedelta(seconds=15)


async def read(settings: Settings, *, here: bool = False) -> dict[str, Any]:
    """Return `ready`, the `reasons` why not, `live`, the processes and the shards.

    `here`: only processes of this machine count for `live` and `ready`, as a container's own probe wants it.
    """
    engine = engine_of(settings)
    try:
        processes = await reads.members(engine)
        shards = await reads.shards(engine)
        kept = await reads.kept_back(engine)
        still = await reads.standing_still(engine)
    except (OSError, TimeoutError, SQLAlchemyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        reasons = [f"PostgreSQL at {address_of(settings)} does not answer: {reason}"]
        return {"ready": False, "live": None, "reasons": reasons, "notes": [], "processes": [], "shards": []}
    finally:
        await engine.dispose()
    view = judge(processes, shards, kept, machine=socket.gethostname() if here else None)
    return {**view, "notes": [*view["notes"], *still]}


def judge(
    processes: Sequence[Mapping[str, Any]],
    shards: Sequence[Mapping[str, Any]],
    kept: Mapping[str, int],
    *,
    machine: str | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """Return what heartbeats and shard rows come to."""
    now = now or datetime.now(UTC)
    alive = [each for each in processes if each["age"] <= SILENT]
    mine = [each for each in alive if machine is None or each["id"].startswith(f"{machine}-")]
    told = {number: about for each in mine for number, about in each["report"].get("shards", {}).items()}
    reasons = [] if mine else ["no hub process has given a sign of life" + (f" on {machine}" if machine else "")]
    why = {number: text for each in alive for number, text in each["report"].get("trouble", {}).items()}
    rows = [_shard(row, told.get(str(row["k"])), why.get(str(row["k"]), ""), now) for row in shards]
    ours = [row for row in rows if machine is None or str(row["shard"]) in told]
    reasons += [f"shard {row['shard']}: {row['reason']}" for row in ours if row["reason"]]
    notes = [f"{count} {what}" for what, count in kept.items() if count]
    shown_processes = [
        {"id": each["id"], "seen": each["seen"], "started_at": each["started_at"], **each["report"]} for each in alive
    ]
    return {
        "ready": not reasons,
        "live": bool(mine),
        "reasons": reasons,
        "notes": notes,
        "processes": shown_processes,
        "shards": rows,
    }


def _shard(row: Mapping[str, Any], told: Mapping[str, Any] | None, why: str, now: datetime) -> dict[str, Any]:
    """Return how a shard does, and why it isn't worked on."""
    reason = ""
    if row["stopped"]:
        reason = f"stopped: {row['stopped']}"
    elif row["owner"] is None or row["lease_until"] is None or row["lease_until"] < now:
        reason = f"no process works on it: {why}" if why else "no process works on it"
    elif told is not None and told["state"] != "running":
        reason = f"{told['state']}: {told['trouble']}" if told["trouble"] else told["state"]
    elif told is not None and told["trouble"]:
        reason = f"held up: {told['trouble']}"
    elif told is not None and told["idle"] > IDLE_SECONDS:
        reason = f"got nothing done for {told['idle']:.0f} s"
    return {"shard": row["k"], "owner": row["owner"], "state": told["state"] if told else None, "reason": reason}


def render(view: Mapping[str, Any]) -> Group:
    """Return it for people."""
    parts: list[Any] = [shown("Ready" if view["ready"] else "Not ready", "green" if view["ready"] else "red")]
    parts.extend(shown(reason, "red") for reason in view["reasons"])
    parts.extend(shown(note, "yellow") for note in view["notes"])
    if view["processes"]:
        table = titled("Processes", "process", "last sign (UTC)", "shards")
        for each in view["processes"]:
            shards = ", ".join(f"{number} {told['state']}" for number, told in each.get("shards", {}).items())
            add(table, each["id"], f"{each['seen']:%m-%d %H:%M:%S}", shards)
        parts.append(table)
    return Group(*parts)
