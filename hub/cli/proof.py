"""`hub verify`: the proof from outside."""

import typer

from hub.cli.exits import FAILED
from hub.cli.opening import at_desk
from hub.cli.options import AsJson, Data
from hub.cli.output import err, say
from hub.desk import Desk, proof
from hub.desk.proof import Report
from verification import table


def verify(as_json: AsJson = False, data: Data = None) -> None:
    """Prove from outside that nothing was lost, doubled or reordered; exit code 1 and the differences otherwise."""

    async def work(desk: Desk) -> Report:
        if not as_json:
            err.print(proof.BEGINNING, highlight=False)
        return await proof.prove(desk)

    report = at_desk(data, work)
    say(report, as_json=as_json, text=table, document=Report.to_json)
    if not report.ok:
        raise typer.Exit(FAILED)
