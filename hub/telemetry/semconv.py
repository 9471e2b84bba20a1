"""Names of OpenTelemetry's semantic conventions, in one table by version; spans take their names from nowhere else.

`OTEL_SEMCONV_STABILITY_OPT_IN` chooses, as the specification has it: `messaging` for the newest names, `messaging/dup`
for both, anything else for those of 1.44.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OPT_IN: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"
Value = str | int | bool


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: its name in 1.44.0, and the one since 1.45.0 where that is another."""

    stable: str
    renamed: str | None = None


SYSTEM: Final = Attribute("messaging.system", "messaging.system.name")
OPERATION_NAME: Final = Attribute("messaging.operation.name")
OPERATION_TYPE: Final = Attribute("messaging.operation.type")
DESTINATION: Final = Attribute("messaging.destination.name")
PARTITION: Final = Attribute("messaging.destination.partition.id")
GROUP: Final = Attribute("messaging.consumer.group.name")
MESSAGE_ID: Final = Attribute("messaging.message.id")
CONVERSATION: Final = Attribute("messaging.message.conversation_id")
KEY: Final = Attribute("messaging.kafka.message.key", "kafka.message.key")
OFFSET: Final = Attribute("messaging.kafka.offset", "kafka.offset")
METHOD: Final = Attribute("http.request.method")
ROUTE: Final = Attribute("http.route")
STATUS: Final = Attribute("http.response.status_code")
TEMPLATE: Final = Attribute("url.template")
SERVER_ADDRESS: Final = Attribute("server.address")
SERVER_PORT: Final = Attribute("server.port")
ERROR_TYPE: Final = Attribute("error.type")


@dataclass(frozen=True, slots=True)
class Names:
    """Which names are written: the earlier, the newest, or both."""

    earlier: bool = True
    newest: bool = False

    def of(self, attributes: Mapping[Attribute, Value]) -> dict[str, Value]:
        """Return attributes under the names that are wanted."""
        told: dict[str, Value] = {}
        for attribute, value in attributes.items():
            if self.earlier or attribute.renamed is None:
                told[attribute.stable] = value
            if self.newest and attribute.renamed is not None:
                told[attribute.renamed] = value
        return told


def chosen(environment: Mapping[str, str]) -> Names:
    """Return which names the environment asks for."""
    wanted = {each.strip() for each in environment.get(OPT_IN, "").split(",")}
    if "messaging/dup" in wanted:
        return Names(earlier=True, newest=True)
    return Names(earlier=False, newest=True) if "messaging" in wanted else Names()
