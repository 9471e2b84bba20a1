"""What administrators set up for everybody: word lists."""
