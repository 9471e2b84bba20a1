"""Names in addresses: what can't stand there is given in base64url behind a tilde."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


def spelling(name: str) -> str:
    """Return how a name stands in an address, whatever characters are in it."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    return name if plain else "~" + urlsafe_b64encode(name.encode()).rstrip(b"=").decode()


def spelt(name: str) -> str:
    """Return the name that is meant; one that doesn't begin with a tilde, or is no base64url, is meant as it is."""
    if not name.startswith("~"):
        return name
    try:
        return urlsafe_b64decode(name[1:] + "=" * (-len(name[1:]) % 4)).decode()
    except ValueError:
        return name
