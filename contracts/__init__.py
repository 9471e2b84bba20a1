"""What crosses the wire: the envelope, one module per party, the topic table and the generated schemas."""
