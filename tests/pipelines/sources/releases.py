"""Hand-made OCDS releases. Nothing in them is real."""

import json
from types import SimpleNamespace

from detector.schema import TABLES
from pipelines.sources import ocds


def release(number=1, date="2024-05-01T10:00:00+08:00", **changes):
    """A process with three bids, the second of which won; `changes` replace whole sections."""
    ocid = f"ocds-test-{number}"
    made = {
        "ocid": ocid,
        "id": f"{ocid}-compiled",
        "date": date,
        "tag": ["compiled"],
        "parties": [
            party("B-1", "Water Authority", "buyer"),
            party("E-1", "Tendering Centre", "procuringEntity"),
            *(party(f"S-{n}", f"Firm {n}", "tenderer", "supplier") for n in (1, 2, 3)),
        ],
        "buyer": {"id": "B-1"},
        "tender": tender(),
        "bids": {
            "details": [
                bid("b1", "S-1", 110, date="2024-04-02T09:00:00+08:00"),
                bid("b2", "S-2", 100.25, date="2024-04-02T10:00:00+08:00"),
                bid("b3", "S-3", 90, status="disqualified", statusDetails="no licence"),
            ]
        },
        "awards": [award("a1", "S-2", 100.25, relatedBid="b2")],
        "contracts": [contract("c1", "a1", 100.25)],
    }
    made.update(changes)
    return {name: section for name, section in made.items() if section is not None}


def tender(**changes):
    made = {
        "title": "Pumping station",
        "status": "complete",
        "procurementMethod": "open",
        "mainProcurementCategory": "works",
        "awardCriteria": "priceOnly",
        "procuringEntity": {"id": "E-1"},
        "value": {"amount": 120, "currency": "CNY"},
        "tenderPeriod": {"startDate": "2024-03-01T09:00:00+08:00", "endDate": "2024-04-03T09:00:00+08:00"},
        "bidOpening": {"date": "2024-04-03T10:00:00+08:00"},
        "items": [{"id": "1", "classification": {"scheme": "CPV", "id": "45"}}],
    }
    made.update(changes)
    return {name: section for name, section in made.items() if section is not None}


def party(identifier, name, *roles, **more):
    return {"id": identifier, "name": name, "roles": list(roles), **more}


def bid(identifier, bidders, amount=None, **more):
    bidders = [bidders] if isinstance(bidders, str) else bidders
    made = {"id": identifier, "status": "valid", "date": "2024-04-02T08:00:00+08:00", **more}
    made["tenderers"] = [{"id": bidder} for bidder in bidders]
    if amount is not None:
        made["value"] = {"amount": amount, "currency": "CNY"}
    return made


def award(identifier, suppliers, amount=None, **more):
    suppliers = [suppliers] if isinstance(suppliers, str) else suppliers
    made = {"id": identifier, "status": "active", "date": "2024-04-20T00:00:00+08:00", **more}
    made["suppliers"] = [{"id": supplier} for supplier in suppliers]
    if amount is not None:
        made["value"] = {"amount": amount, "currency": "CNY"}
    return made


def contract(identifier, award_id, amount):
    value = {"amount": amount, "currency": "CNY"}
    return {
        "id": identifier,
        "awardID": award_id,
        "status": "signed",
        "dateSigned": "2024-05-01",
        "value": value,
    }


def lines(*releases):
    """Releases as JSON lines; text stays as it is."""
    texts = (entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False) for entry in releases)
    return "".join(f"{text}\n" for text in texts)


def write(path, *releases):
    """Write JSON lines to `path`; returns the path as text."""
    path.write_text(lines(*releases), encoding="utf-8")
    return str(path)


def read(path):
    """(releases, problems) of a file."""
    found = list(ocds.read_releases(str(path)))
    releases = [entry for entry in found if isinstance(entry, ocds.Release)]
    return releases, [entry for entry in found if not isinstance(entry, ocds.Release)]


def rows_of(found):
    """(rows by table, each as a mapping, problems) of one release."""
    process, problems = ocds.to_rows(found, "f:1")
    tables = {
        name: [dict(zip(table.names, row, strict=True)) for row in getattr(process, name)]
        for name, table in TABLES.items()
        if name in process._fields
    }
    return SimpleNamespace(**tables), problems
