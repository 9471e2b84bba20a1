"""The rows of the store as the pipeline hands them over, by noun."""
