"""How people and services get tokens: as a browser does with PKCE (RFC 7636), or by a client's own secret."""

import hashlib
import html
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.secured.realm import Realm

CALLBACK: Final = "https://desk.example/callback"


class NotSignedIn(Exception):
    """The provider refused: the text is its error."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gives to who signs in."""

    access: str
    refresh: str | None
    id: str | None


async def by_secret(realm: Realm, client: str, scope: str = "") -> Tokens:
    """Sign a service in by its client credentials; raises NotSignedIn."""
    secret = await realm.secret(client)
    wished = {"scope": scope} if scope else {}
    return await _token(realm, grant_type="client_credentials", client_id=client, client_secret=secret, **wished)


async def by_browser(realm: Realm, name: str, *, client: str = "desk", scope: str = "openid") -> Tokens:
    """Sign a person in by authorization code with PKCE, as a browser does; raises NotSignedIn."""
    verifier = secrets.token_urlsafe(48)
    code = await _code(realm, name, client, scope, _challenge(verifier))
    return await _token(
        realm,
        grant_type="authorization_code",
        client_id=client,
        code=code,
        redirect_uri=CALLBACK,
        code_verifier=verifier,
    )


async def refreshed(realm: Realm, refresh: str, client: str = "desk") -> Tokens:
    """Return new tokens for a refresh token; raises NotSignedIn."""
    return await _token(realm, grant_type="refresh_token", client_id=client, refresh_token=refresh)


async def signed_out(realm: Realm, refresh: str, client: str = "desk") -> None:
    """End the session that a refresh token belongs to."""
    answer = await realm.client.post(realm.endpoint("logout"), data={"client_id": client, "refresh_token": refresh})
    answer.raise_for_status()


async def _token(realm: Realm, **wished: str) -> Tokens:
    answer = await realm.client.post(realm.endpoint("token"), data=wished)
    told: dict[str, Any] = answer.json()
    if answer.status_code != httpx2.codes.OK:
        raise NotSignedIn(f"{told['error']}: {told.get('error_description')}")
    return Tokens(told["access_token"], told.get("refresh_token"), told.get("id_token"))


async def _code(realm: Realm, name: str, client: str, scope: str, challenge: str) -> str:
    """Fill in the provider's form; return the code with which it sends the browser back."""
    asked = {
        "client_id": client,
        "response_type": "code",
        "scope": scope,
        "redirect_uri": CALLBACK,
        "state": secrets.token_hex(8),
        **({"code_challenge": challenge, "code_challenge_method": "S256"} if challenge else {}),
    }
    page = await realm.client.get(realm.endpoint("auth"), params=asked)
    if page.status_code == httpx2.codes.OK:
        form = {"username": name, "password": realm.passwords[name]}
        page = await realm.client.post(_action(page.text), data=form, headers={"Cookie": _cookies(page)})
    back = parse_qs(urlsplit(page.headers["location"]).query)
    if "error" in back:
        raise NotSignedIn(f"{back['error'][0]}: {back.get('error_description', [''])[0]}")
    assert back["state"] == [asked["state"]]
    return back["code"][0]


async def code_without_pkce(realm: Realm, name: str) -> str:
    """Ask for a code as clients did before PKCE; raises NotSignedIn."""
    return await _code(realm, name, "desk", "openid", "")


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _action(page: str) -> str:
    found = re.search(r'<form[^>]*action="([^"]+)"', page)
    assert found is not None, page
    return html.unescape(found[1])


def _cookies(page: httpx2.Response) -> str:
    """Return the cookies of a page: a browser sends secure ones to the loopback address, a jar does not."""
    return "; ".join(each.split(";", 1)[0] for each in page.headers.get_list("set-cookie"))
