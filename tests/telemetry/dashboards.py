"""Grafana's dashboards, written from their table of panels: four of them, one for each kind of watcher."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "telemetry" / "dashboards"
WIDTH: Final = 24
SOURCE: Final = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: queries with the legend of each; `kind` is Grafana's, `red` the value from which it is red."""

    title: str
    says: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False
    red: float | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of rows, each a title with its panels."""

    name: str
    title: str
    says: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...] = field(default=())


def _stat(title: str, says: str, query: str, unit: str = "short", red: float | None = None) -> Panel:
    return Panel(title, says, ((query, ""),), unit, "stat", 4, red=red)


def _share(share: float, metric: str, by: str = "le") -> str:
    return f"histogram_quantile({share}, sum by ({by}) (rate({metric}_bucket[$__rate_interval])))"


_HUB: Final = Dashboard(
    "hub",
    "Hub",
    "Whether the hub works, how fast, and what it costs.",
    (
        (
            "Now",
            (
                _stat("Ready", "1: every shard is worked on.", "min(hub_ready)"),
                _stat("Processes", "Processes of hub run.", "max(hub_processes)"),
                _stat(
                    "Shards that stand still", "Shards on which nobody works.", 'max(hub_shards{state="still"})', red=1
                ),
                _stat("Lag", "Records not stored yet.", "max(hub_lag)", red=10_000),
                _stat("Late deadlines", "Deadlines that have not gone off.", "max(hub_unfired_deadlines)", red=1),
                _stat("Age of these figures", "Since the hub was read.", "min(hub_figures_age_seconds)", "s", 120),
            ),
        ),
        (
            "Throughput and latency",
            (
                Panel(
                    "Records",
                    "Records handled a second, by topic.",
                    (("sum by (topic) (rate(hub_record_seconds_count[$__rate_interval]))", "{{topic}}"),),
                    "reqps",
                    stacked=True,
                ),
                Panel(
                    "From the log to the effect",
                    "Seconds from a record's append time until its effect is stored and published.",
                    tuple((_share(share, "hub_record_seconds"), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99)),
                    "s",
                ),
                Panel(
                    "Where a batch's time goes",
                    "Mean seconds of a batch, by stage.",
                    (
                        (
                            "sum by (stage) (rate(hub_stage_seconds_sum[$__rate_interval]))"
                            " / sum by (stage) (rate(hub_stage_seconds_count[$__rate_interval]))",
                            "{{stage}}",
                        ),
                    ),
                    "s",
                    stacked=True,
                ),
                Panel(
                    "Lag by topic",
                    "Records ahead of their shard's position.",
                    (("sum by (topic) (hub_partition_lag)", "{{topic}}"),),
                    stacked=True,
                ),
                Panel(
                    "Records a batch",
                    "How many records a batch has.",
                    tuple((_share(share, "hub_batch_records"), f"p{share * 100:g}") for share in (0.5, 0.99)),
                ),
                Panel(
                    "Messages",
                    "Messages published a second.",
                    (("sum(rate(hub_messages_total[$__rate_interval]))", "messages"),),
                    "reqps",
                ),
            ),
        ),
        (
            "Trouble",
            (
                Panel(
                    "Batches that failed",
                    "By what was done about it.",
                    (("sum by (treatment) (increase(hub_batch_failures_total[$__rate_interval]))", "{{treatment}}"),),
                ),
                Panel(
                    "Take-overs",
                    "Shards taken over, and messages that a take-over published.",
                    (
                        ("sum(increase(hub_take_overs_total[$__rate_interval]))", "take-overs"),
                        ("sum(increase(hub_published_again_total[$__rate_interval]))", "messages published again"),
                    ),
                ),
                Panel(
                    "Shards at rest",
                    "Seconds since a shard got something done or found nothing to do.",
                    (("max by (shard) (hub_shard_idle_seconds)", "shard {{shard}}"),),
                    "s",
                ),
            ),
        ),
        (
            "Processes",
            (
                Panel("CPU", "Cores used.", (("rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}"),)),
                Panel("Memory", "Resident bytes.", (("process_resident_memory_bytes", "{{instance}}"),), "bytes"),
                Panel(
                    "Event loop",
                    "The longest that the loop kept a task waiting.",
                    (("hub_loop_delay_seconds", "{{instance}}"), ("hub_lease_age_seconds", "leases of {{instance}}")),
                    "s",
                ),
            ),
        ),
        (
            "API",
            (
                Panel(
                    "Requests",
                    "Answers a second, by status.",
                    (("sum by (status) (rate(hub_api_requests_total[$__rate_interval]))", "{{status}}"),),
                    "reqps",
                    stacked=True,
                ),
                Panel(
                    "Slowest routes",
                    "The 99th percentile of the five slowest routes.",
                    ((f"topk(5, {_share(0.99, 'hub_api_request_seconds', 'le, route')})", "{{route}}"),),
                    "s",
                ),
                Panel(
                    "Refused connections and lists' delay",
                    "Connections refused a second; seconds that lists are behind.",
                    (
                        ("sum by (code) (rate(hub_api_refused_connections_total[$__rate_interval]))", "{{code}}"),
                        ("max(hub_listing_behind_seconds)", "lists are behind"),
                    ),
                ),
            ),
        ),
    ),
)
_ORDERS: Final = Dashboard(
    "orders",
    "Orders",
    "Where orders stand, and what holds them up.",
    (
        (
            "Now",
            (
                _stat(
                    "Open orders", "Orders in states that are not the last.", "sum(max by (state) (hub_open_orders))"
                ),
                _stat("Overdue answers", "Beyond their deadlines.", "sum(max by (party) (hub_overdue_answers))"),
                _stat("In quarantine", "A rule failed.", 'max(hub_held_back{what="orders_in_quarantine"})', red=1),
                _stat(
                    "Failed records",
                    "They wait for an operator.",
                    "sum(max by (kind, code, topic) (hub_failed_records))",
                ),
                _stat("Late deadlines", "They have not gone off.", "max(hub_unfired_deadlines)", red=1),
                _stat("Refunds that wait", "For approval.", "max(hub_waiting_refunds)"),
            ),
        ),
        (
            "By state",
            (
                Panel(
                    "Open orders by state",
                    "Each counted to 100,000.",
                    (("max by (state) (hub_open_orders)", "{{state}}"),),
                    width=16,
                    stacked=True,
                ),
                Panel(
                    "Owed answers",
                    "Orders that wait beyond the deadline, by who owes the answer.",
                    (("max by (party) (hub_overdue_answers)", "{{party}}"),),
                    stacked=True,
                ),
            ),
        ),
        (
            "What became of records",
            (
                Panel(
                    "Outcomes",
                    "Records a second, by what became of them.",
                    (("sum by (outcome) (rate(hub_outcomes_total[$__rate_interval]))", "{{outcome}}"),),
                    "reqps",
                    width=16,
                ),
                Panel(
                    "Failed records by cause",
                    "The ten newest causes.",
                    (("max by (kind, code, topic) (hub_failed_records)", "{{kind}} {{code}} {{topic}}"),),
                ),
            ),
        ),
    ),
)
_PARTNERS: Final = Dashboard(
    "partners",
    "Partners",
    "What each party says, owes, and gets wrong.",
    (
        (
            "What they say",
            (
                Panel(
                    "Records by topic",
                    "Records a second.",
                    (("sum by (topic) (rate(hub_record_seconds_count[$__rate_interval]))", "{{topic}}"),),
                    "reqps",
                    width=12,
                ),
                Panel(
                    "Lag by topic",
                    "Records that wait to be read.",
                    (("sum by (topic) (hub_partition_lag)", "{{topic}}"),),
                    width=12,
                ),
            ),
        ),
        (
            "What they owe and get wrong",
            (
                Panel(
                    "Overdue answers",
                    "By who owes them.",
                    (("max by (party) (hub_overdue_answers)", "{{party}}"),),
                    stacked=True,
                ),
                Panel(
                    "Failed records by topic",
                    "They wait for an operator.",
                    (("sum by (topic, code) (max by (kind, code, topic) (hub_failed_records))", "{{topic}} {{code}}"),),
                ),
                Panel(
                    "Kept back",
                    "Partitions and partners that are paused.",
                    (('max by (what) (hub_held_back{what!="orders_in_quarantine"})', "{{what}}"),),
                ),
            ),
        ),
        (
            "Webhooks",
            (
                Panel(
                    "Deliveries that are due",
                    "Due and not made.",
                    (("max(hub_webhook_deliveries)", "due"), ("max(hub_disabled_webhooks)", "webhooks disabled")),
                    width=12,
                ),
                Panel(
                    "The oldest of them",
                    "Seconds since it was due.",
                    (("max(hub_oldest_webhook_seconds)", "oldest"),),
                    "s",
                    width=12,
                ),
            ),
        ),
    ),
)
_MONEY: Final = Dashboard(
    "money",
    "Money",
    "Payments, refunds, and whether both books agree.",
    (
        (
            "Now",
            (
                _stat("Books differ in", "What the last comparison found.", "max(hub_gateway_differences)", red=1),
                _stat(
                    "Calls in doubt",
                    "Unknown or given up.",
                    'sum(max by (state) (hub_gateway_calls{state=~"unknown|given_up"}))',
                    red=1,
                ),
                _stat("Refunds that wait", "For approval.", "max(hub_waiting_refunds)"),
                _stat("The oldest refund", "Since it was asked for.", "max(hub_oldest_refund_seconds)", "s", 172_800),
                _stat(
                    "The service owes", "Answers beyond the deadline.", 'max(hub_overdue_answers{party=~".*payment.*"})'
                ),
            ),
        ),
        (
            "Over time",
            (
                Panel(
                    "Calls to the provider",
                    "Calls that are open, by state.",
                    (("max by (state) (hub_gateway_calls)", "{{state}}"),),
                    stacked=True,
                ),
                Panel("Refunds that wait", "For approval.", (("max(hub_waiting_refunds)", "refunds"),)),
                Panel(
                    "Records about payments",
                    "Records a second.",
                    (
                        (
                            'sum(rate(hub_record_seconds_count{topic="payment.events"}[$__rate_interval]))',
                            "payment.events",
                        ),
                    ),
                    "reqps",
                ),
            ),
        ),
    ),
)
DASHBOARDS: Final = (_HUB, _ORDERS, _PARTNERS, _MONEY)


def written(dashboard: Dashboard) -> str:
    """Return a dashboard as Grafana imports it."""
    document = {
        "uid": f"fulfilment-hub-{dashboard.name}",
        "title": f"Fulfilment hub: {dashboard.title}",
        "description": dashboard.says,
        "tags": ["fulfilment-hub"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus", "label": "Source"}]},
        "links": [{"title": "Hub's dashboards", "type": "dashboards", "tags": ["fulfilment-hub"], "asDropdown": True}],
        "panels": list(_laid_out(dashboard)),
    }
    return json.dumps(document, indent=1) + "\n"


def queries(dashboard: Dashboard) -> Iterator[str]:
    """Return every query of a dashboard."""
    for _, panels in dashboard.rows:
        for panel in panels:
            yield from (query for query, _ in panel.queries)


def _laid_out(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in dashboard.rows:
        number += 1
        yield {
            "id": number,
            "type": "row",
            "title": title,
            "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
            "panels": [],
        }
        top, left, high = top + 1, 0, 0
        for panel in panels:
            height = 4 if panel.kind == "stat" else 8
            if left + panel.width > WIDTH:
                top, left, high = top + high, 0, 0
            number += 1
            yield _panel(number, panel, {"x": left, "y": top, "w": panel.width, "h": height})
            left, high = left + panel.width, max(high, height)
        top += high


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red is not None:
        steps.append({"color": "red", "value": panel.red})
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none"}
        defaults["custom"] = {"fillOpacity": 30 if panel.stacked else 0, "stacking": stacking, "showPoints": "never"}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "gridPos": place,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": SOURCE, "expr": query, "legendFormat": legend}
            for place, (query, legend) in enumerate(panel.queries)
        ],
    }
