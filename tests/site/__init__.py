"""The documents as a site: pages are staged from where they lie, and built with every link checked."""
