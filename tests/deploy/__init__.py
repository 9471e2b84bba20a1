"""The image, the chart, the compose file and what else is deployed: valid, current, and as the code says."""
