import asyncio, pytest
from adapters import failpoints
from tests.integration.messages import named, placed
from tests.integration.test_quarantine import refuse

pytestmark = pytest.mark.integration


async def test_dbg(stage, monkeypatch):
    bad, *good = named(0, count=4)
    await refuse(stage, bad)
    for order in (good[0], bad, *good[1:]):
        await stage.say("shop.events", placed(), order)
    faults = ["stored"]

    async def hit(name):
        if name in faults:
            faults.remove(name)
            raise ConnectionResetError("x")

    monkeypatch.setattr(failpoints, "_hit", hit)
    from consumers.pipeline import Shard
    import traceback

    old, oldt = Shard._retake, Shard._take_over

    async def rt(self):
        try:
            print("RETAKE", self.number)
            await old(self)
            print("RETAKEN", self.state)
        except BaseException:
            traceback.print_exc()
            raise

    async def to(self):
        try:
            await oldt(self)
            print("TAKEOVER OK", self.number)
        except BaseException:
            traceback.print_exc()
            raise

    monkeypatch.setattr(Shard, "_retake", rt)
    monkeypatch.setattr(Shard, "_take_over", to)
    hub = stage.start_hub()
    await asyncio.sleep(12)
