"""What can stop the simulated partners, as sentences."""


class SimulationError(Exception):
    """The simulated partners can't go on."""

    def __str__(self) -> str:
        return (self.__doc__ or "").format(**vars(self))


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first sentence of a group of nothing but sentences; else the group itself, with its bug."""
    told, bugs = group.split(SimulationError)
    if told is None or bugs is not None:
        return group
    found: BaseException = told
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


class TopicsAreMissing(SimulationError):
    """Kafka at {bootstrap_servers} has no topic {topics}: create the topics with `hub topics apply`, then try again."""

    def __init__(self, bootstrap_servers: str, topics: str) -> None:
        super().__init__(bootstrap_servers, topics)
        self.bootstrap_servers = bootstrap_servers
        self.topics = topics


class KafkaIsAway(SimulationError):
    """Kafka at {bootstrap_servers} doesn't answer ({reason}): check the address and that the broker runs."""

    def __init__(self, bootstrap_servers: str, reason: str) -> None:
        super().__init__(bootstrap_servers, reason)
        self.bootstrap_servers = bootstrap_servers
        self.reason = reason


class RecordWasNotTaken(SimulationError):
    """Kafka did not take a record of {party} for {topic} ({reason}): check the broker's log and the topic's limits."""

    def __init__(self, party: str, topic: str, reason: str) -> None:
        super().__init__(party, topic, reason)
        self.party = party
        self.topic = topic
        self.reason = reason
