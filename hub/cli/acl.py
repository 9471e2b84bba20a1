"""`hub acl …`: rights on Kafka: shown, compared with what roles need, put right."""

from typing import Annotated, Any

import typer
from rich.table import Table

from hub.access import ROLES
from hub.cli.exits import FAILED
from hub.cli.opening import at_desk, read_settings
from hub.cli.options import AsJson, Data
from hub.cli.output import listed, say
from hub.desk import access
from hub.desk.access import Grant, Rights

app = typer.Typer(no_args_is_help=True, help="Rights on Kafka (ACLs), by role.")
Prune = Annotated[bool, typer.Option("--prune", help="Also revoke what no role needs of this hub's own.")]


@app.command("roles")
def roles(as_json: AsJson = False, data: Data = None) -> None:
    """Print the roles, their principals, and the topics that each reads and writes."""
    given = read_settings(data).access
    found = [
        {
            "role": name,
            "summary": role.summary,
            "principals": given.of(name),
            "reads": role.reads,
            "writes": role.writes,
        }
        for name, role in ROLES.items()
    ]
    say(found, as_json=as_json, text=_table)


def _table(roles: list[dict[str, Any]]) -> Table:
    table = Table("role", "what it does", "principals", box=None)
    for role in roles:
        table.add_row(role["role"], role["summary"].replace("`", ""), ", ".join(role["principals"]) or "none")
    return table


@app.command("plan")
def plan(as_json: AsJson = False, data: Data = None) -> None:
    """Print what `hub acl apply` would do; exit code 1 where a right is missing or too much."""
    rights = at_desk(data, access.plan)
    _say(rights, "missing", "too much", as_json=as_json)
    if rights.missing or rights.beyond:
        raise typer.Exit(FAILED)


@app.command("apply")
def apply(prune: Prune = False, as_json: AsJson = False, data: Data = None) -> None:
    """Grant what is missing; it wants a user who may alter the cluster."""
    _say(at_desk(data, lambda desk: access.apply(desk, prune=prune)), "granted", "revoked", as_json=as_json)


def _say(rights: Rights, missing: str, beyond: str, *, as_json: bool) -> None:
    lines = [*(f"{missing}: {each}" for each in rights.missing), *(f"{beyond}: {each}" for each in rights.beyond)]
    say(rights, as_json=as_json, text=lambda _: listed(lines), document=_document)


def _document(rights: Rights) -> dict[str, list[dict[str, str]]]:
    return {"missing": list(map(_row, rights.missing)), "beyond": list(map(_row, rights.beyond))}


def _row(grant: Grant) -> dict[str, str]:
    return {
        "principal": grant.principal,
        "resource": grant.resource.name.lower(),
        "name": grant.name,
        "pattern": grant.pattern.name.lower(),
        "operation": grant.operation.name.lower(),
    }
