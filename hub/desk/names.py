"""Names in addresses: what can't stand there is given in base64url behind a tilde."""

from base64 import urlsafe_b64decode


def spelt(name: str) -> str:
    """Return the name that is meant; one that doesn't begin with a tilde, or is no base64url, is meant as it is."""
    if not name.startswith("~"):
        return name
    try:
        return urlsafe_b64decode(name[1:] + "=" * (-len(name[1:]) % 4)).decode()
    except ValueError:
        return name
