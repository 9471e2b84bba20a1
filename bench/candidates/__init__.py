"""The candidates: each is started as processes of its own and knows how its work is checked."""
