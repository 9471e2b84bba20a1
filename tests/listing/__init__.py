"""The listing: projected, built, checked and asked, on a real PostgreSQL."""
