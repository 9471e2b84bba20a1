"""The pages for readers: what the OpenAPI and the AsyncAPI document say, as HTML without scripts."""

from hub.api.reference.rendering import messages_page, routes_page

__all__ = ["messages_page", "routes_page"]
