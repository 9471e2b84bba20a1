"""The store: tables, migrations, the unit of a batch, and reads."""
