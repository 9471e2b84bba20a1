"""What messages mean for an order: pure functions over frozen values, standard library only."""
