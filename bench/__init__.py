"""The benchmark: the hub beside other ways to build one, measured from outside in one run."""
