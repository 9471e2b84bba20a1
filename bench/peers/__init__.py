"""The peers' own programs: other ways to build a hub, each started as a process of its own."""
