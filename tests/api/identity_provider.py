"""A small identity provider on a real socket: discovery, keys that rotate, and access tokens (RFC 9068)."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from hub.http_servers import listening

AUDIENCE = "https://hub.example"


@dataclass
class IdentityProvider:
    """Who signs tokens; `asked` counts how often its keys were asked for.

    `more` is published beside its keys. `answers` may be closed: then nobody is told anything. `pieces` is sent in
    place of the keys, piece by piece, for ever.
    """

    issuer: str = ""
    keys: list[Any] = field(default_factory=list)
    more: list[Any] = field(default_factory=list)
    asked: int = 0
    away: bool = False
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    jwks_uri: str | None = None
    pieces: bytes | None = None
    sent: int = 0
    person: dict[str, Any] = field(default_factory=lambda: {"roles": ["csr"]})
    """What the tokens say of who signs in by browser."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshes: list[str] = field(default_factory=list)
    """Refresh tokens that count; each counts once."""
    granted: list[str] = field(default_factory=list)
    """Which grants were given, in their order."""
    grants_away: bool = False
    ends_sessions: bool = False
    grants: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is closed, nobody is granted anything, nor told so."""
    waiting: list[str] = field(default_factory=list)

    def begun(self, asked: Mapping[str, str]) -> str:
        """Return where a browser goes back to from the page of a provider whose user is signed in already."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = dict(asked)
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def grant(self, form: Mapping[str, str]) -> dict[str, str] | None:
        """Return tokens for a code, with the verifier it was begun with, or for a refresh token; each once."""
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refreshes:
                return None
            self.refreshes.remove(form["refresh_token"])
        elif not self._is_proven(form):
            return None
        self.granted.append(form["grant_type"])
        self.refreshes.append(secrets.token_urlsafe(12))
        return {"access_token": self.token(**self.person), "token_type": "Bearer", "refresh_token": self.refreshes[-1]}

    def _is_proven(self, form: Mapping[str, str]) -> bool:
        begun = self.codes.pop(form["code"], None)
        seen = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(seen).rstrip(b"=").decode()
        same = ("redirect_uri", "client_id")
        return begun is not None and begun["code_challenge"] == challenge and all(begun[n] == form[n] for n in same)

    def rotate(self, kind: str = "RSA") -> None:
        """Sign with a new key from now on; the ones before are published no more."""
        kid = f"k{len(self.keys)}-{time.monotonic_ns()}"
        made = RSAKey.generate_key(2048, {"kid": kid}) if kind == "RSA" else ECKey.generate_key("P-256", {"kid": kid})
        self.keys = [made]

    def token(self, name: str = "ada", /, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return an access token; `header` and `claims` change what is in it."""
        key = self.keys[-1]
        algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
        now = int(time.time())
        told = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": name,
            "iat": now,
            "exp": now + 300,
            "roles": ["csr"],
            "stores": ["*"],
            "client_id": "desk",
            **claims,
        }
        used = {"alg": algorithm, "kid": key.kid, "typ": "at+jwt", **(header or {})}
        return jwt.encode(used, {name: held for name, held in told.items() if held is not None}, key)

    async def endless(self) -> AsyncIterator[bytes]:
        """Send the pieces until nobody wants more."""
        while self.pieces is not None:
            self.sent += len(self.pieces)
            yield self.pieces
            await asyncio.sleep(0.01)

    def signed_with_a_key_of_ones_own(self, **header: str) -> str:
        """Return a token that brings the key it is signed with, or says where that key is."""
        key = RSAKey.generate_key(2048, {"kid": self.keys[-1].kid})
        told = {name: value.replace("HERE", self.issuer) for name, value in header.items()}
        used = {"alg": "RS256", "kid": key.kid, "typ": "at+jwt", "jwk": key.as_dict(private=False), **told}
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": "eve", "exp": int(time.time()) + 300, "stores": ["*"]}
        return jwt.encode(used, claims, key)

    def unsigned(self) -> str:
        """Return a token that says of itself that nobody signed it."""
        _, claims, _ = self.token().split(".")
        header = json.dumps({"alg": "none", "typ": "at+jwt", "kid": self.keys[-1].kid}).encode()
        return f"{urlsafe_b64encode(header).rstrip(b'=').decode()}.{claims}."

    def forged_with_its_public_key(self) -> str:
        """Return a token that takes the public key for a shared secret: the classic confusion of algorithms."""
        header = {"alg": "HS256", "typ": "at+jwt", "kid": self.keys[-1].kid}
        claims = {"iss": self.issuer, "aud": AUDIENCE, "sub": "eve", "exp": int(time.time()) + 300, "stores": ["*"]}
        said = b".".join(urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (header, claims))
        signature = hmac.new(self.keys[-1].as_pem(private=False), said, "sha256").digest()
        return (said + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


@asynccontextmanager
async def identity_provider() -> AsyncIterator[IdentityProvider]:
    """Run an identity provider as long as the block."""
    provider = IdentityProvider()
    provider.rotate()
    provider.answers.set()
    provider.grants.set()
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, str]:
        return {
            "issuer": provider.issuer,
            "jwks_uri": provider.jwks_uri or f"{provider.issuer}/keys",
            "authorization_endpoint": f"{provider.issuer}/authorize",
            "token_endpoint": f"{provider.issuer}/token",
            **({"end_session_endpoint": f"{provider.issuer}/end"} if provider.ends_sessions else {}),
        }

    @app.get("/authorize")
    async def authorize(request: Request) -> Response:
        return RedirectResponse(provider.begun(request.query_params), 303)

    @app.post("/token")
    async def token(request: Request) -> Response:
        if provider.grants_away:
            return Response(status_code=503)
        if provider.pieces is not None:
            return StreamingResponse(provider.endless(), media_type="application/json")
        provider.waiting += [] if provider.grants.is_set() else ["token"]
        await provider.grants.wait()
        found = provider.grant(dict(parse_qsl((await request.body()).decode())))
        return JSONResponse({"error": "invalid_grant"}, 400) if found is None else JSONResponse(found)

    @app.get("/keys")
    async def keys() -> Response:
        provider.asked += 1
        if provider.away:
            raise ConnectionError
        await provider.answers.wait()
        if provider.pieces is not None:
            return StreamingResponse(provider.endless(), media_type="application/json")
        own = [{**key.as_dict(private=False), "use": "sig"} for key in provider.keys]
        return JSONResponse({"keys": [*provider.more, *own]})

    listener = listening("127.0.0.1", 0, "another port")
    provider.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield provider
    finally:
        provider.answers.set()
        provider.grants.set()
        provider.pieces = None
        server.should_exit = True
        await serving
