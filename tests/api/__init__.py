"""Tests of the HTTP API, on real sockets and servers."""
