"""The payment gateway against a real provider on real sockets."""
