"""The hub's API with a real identity provider, Keycloak: `make secured`."""
