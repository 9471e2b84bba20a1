"""Values: frozen classes that are made and copied often, and are quick at it; `contracts.values` says what one is."""

from contracts.values import Value, asdict, changed, default_of, field, fields

__all__ = ["Value", "asdict", "changed", "default_of", "field", "fields"]
