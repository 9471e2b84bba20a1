"""Parties that speak HTTP alone and may be asked twice: what each is asked, and what its answers mean."""
