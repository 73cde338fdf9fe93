"""What receivers get: one event of one alert in a CloudEvents 1.0 envelope, type `detector.alert.v1`.

Published as a JSON Schema (`schemas/detector.alert.v1.json`). Within v1 fields are only ever added. The payload is
rendered once, by the first relay that takes the event, so that each repetition sends the same bytes; the alert in
it is as it stood then, the reasons are those of the run that the event tells of.
"""

import json
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from pipelines.alerts.alert_documents import LEAD, Document, alert_document, event_document, instant
from pipelines.alerts.runs import Row

TYPE = "detector.alert.v1"
SCHEMA_FILE = f"{TYPE}.json"


def envelope(event: Row, alert: Row) -> Document:
    """The envelope of `event`, a row of the trail, about `alert`, a row of the alert table with its reasons.

    Sensitive columns are masked: what leaves the store holds no names of persons and no evidence values.
    """
    change = event_document(event, "internal")
    return {
        "specversion": "1.0",
        "id": event["event_id"],
        "source": f"urn:detector:{quote(alert['authority'], safe='')}",
        "type": TYPE,
        "subject": alert["alert_id"],
        "time": instant(event["occurred_at"]),
        "datacontenttype": "application/json",
        "dataschema": f"urn:detector:schema:{TYPE}",
        "dedupkey": event["event_id"],
        "data": {
            "change": {
                "kind": event["kind"],
                "at": instant(event["occurred_at"]),
                "by": event["actor_kind"],
                "old_value": change["old_value"],
                "new_value": change["new_value"],
                "run_id": event["run_id"],
            },
            "alert": alert_document(alert, "internal"),
            "note": {"en": LEAD.en, "zh": LEAD.zh},
        },
    }


def schema() -> dict[str, Any]:
    """The published JSON Schema of the envelope."""
    text = files("pipelines.alerts").joinpath("schemas", SCHEMA_FILE).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
