"""Tests of the rules: tables of cases, and laws over any interleaving."""
