"""The pipeline on real servers, in this process."""
