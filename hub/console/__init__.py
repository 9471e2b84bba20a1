"""The console: pages for the people of the hub. It asks the HTTP API, within the process, and nothing else."""
