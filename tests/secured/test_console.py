"""The console is a client of Keycloak's: people sign in there, and what they lose there they lose here."""

import html
import re

import httpx2
import pytest

from tests.api.server import Api
from tests.secured.hub_api import trusting
from tests.secured.realm import Realm
from tests.stage import Stage

pytestmark = [pytest.mark.secured, pytest.mark.integration, pytest.mark.timeout(900)]


async def sent_back(realm: Realm, browser: httpx2.AsyncClient, api: Api, name: str) -> str:
    """Sign in at Keycloak's own form, from the console's button; return where it sends the browser."""
    leaving = await browser.get(f"{api.base}/sign-in/provider?next=/me")
    page = await realm.client.get(leaving.headers["location"])
    action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
    assert action is not None, page.text
    cookies = "; ".join(each.split(";", 1)[0] for each in page.headers.get_list("set-cookie"))
    form = {"username": name, "password": realm.passwords[name]}
    back = await realm.client.post(html.unescape(action[1]), data=form, headers={"Cookie": cookies})
    return str(back.headers["location"])


async def test_people_sign_in_to_the_console_and_lose_here_what_they_lose_there(stage: Stage, realm: Realm) -> None:
    async with trusting(stage, realm) as api, httpx2.AsyncClient(timeout=60) as browser:
        (client,) = await realm.ask("GET", "/clients?clientId=console")
        await realm.ask("PUT", f"/clients/{client['id']}", {**client, "redirectUris": [f"{api.base}/sign-in/back"]})

        answer = await browser.get(await sent_back(realm, browser, api, "leo"))
        page = await browser.get(f"{api.base}/me")
        (leo,) = await realm.ask("GET", "/users?username=leo")
        (role,) = [each for each in await realm.ask("GET", "/roles") if each["name"] == "csr_lead"]
        await realm.ask("DELETE", f"/users/{leo['id']}/role-mappings/realm", [role])
        await stage.change("UPDATE console_session SET renew_at = now() - interval '1 second'")
        less = await browser.get(f"{api.base}/me")
        await realm.ask("POST", f"/users/{leo['id']}/logout")
        await stage.change("UPDATE console_session SET renew_at = now() - interval '1 second'")
        out = await browser.get(f"{api.base}/me")

    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert "refund.approve" in page.text
    assert "refund.approve" not in less.text
    assert (less.status_code, out.status_code, out.headers["location"]) == (200, 303, "/sign-in?next=%2Fme")
