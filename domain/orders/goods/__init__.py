"""An order's goods: stock, flash reorders, shipments and recalls."""
