"""What the how-to tells to set, as it stands there; only the addresses are those of this machine."""

import json
import re
from pathlib import Path
from typing import Any, Final

from hub.api_settings import OidcSettings
from tests.secured.realm import Realm

PAGE: Final = Path(__file__).parents[2] / "docs" / "howto" / "identity-provider.md"
ISSUER: Final = "https://id.example/realms/shop"
_SET: Final = re.compile(r"^export (HUB_API__OIDC)='(\{.*?\})'", re.MULTILINE | re.DOTALL)


def told(realm: Realm) -> dict[str, str]:
    """Return what the page exports about the provider, for this realm."""
    found = dict(_SET.findall(PAGE.read_text(encoding="utf-8")))
    assert found, f"{PAGE.name} sets nothing"
    assert all(ISSUER in value for value in found.values())
    return {name: value.replace(ISSUER, realm.issuer) for name, value in found.items()}


def settings(realm: Realm, **changed: Any) -> OidcSettings:
    """Return the same as settings in this process, some of them changed."""
    return OidcSettings(**(json.loads(told(realm)["HUB_API__OIDC"]) | changed))
