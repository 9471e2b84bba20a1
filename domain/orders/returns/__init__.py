"""What comes back: returns, and the exchanges that follow from them."""
