"""The standard exports of Salesforce and HubSpot, with their names of files, columns, stages and statuses.

Leads before an opportunity and opportunities are objects of their own there, linked by ids. The names of stages come
from the kinds of the scenario's stages; two stages of one kind that have one name there become one, but opportunities
have eight names (Salesforce) or five (HubSpot).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rpmsim.errors import Diagnostic, InputError
from rpmsim.generate.export import Export, Table
from rpmsim.generate.history import History, Record, Visit, value_at

LEAD_STATUS = {
    "lead": "Open - Not Contacted",
    "mql": "Marketing Qualified",
    "sal": "Working - Contacted",
    "sql": "Sales Qualified",
    "nurture": "Nurturing",
    "lost": "Closed - Not Converted",
}
SALESFORCE_STAGES = (
    "Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Id. Decision Makers", "Perception Analysis",
    "Proposal/Price Quote", "Negotiation/Review",
)  # fmt: skip
HUBSPOT_STAGES = (
    "Appointment Scheduled", "Qualified To Buy", "Presentation Scheduled", "Decision Maker Bought-In", "Contract Sent",
)  # fmt: skip
BECAME = {
    "lead": "Became a Lead Date",
    "mql": "Became a Marketing Qualified Lead Date",
    "sal": "Became a Sales Qualified Lead Date",
    "sql": "Became a Sales Qualified Lead Date",
    "opportunity": "Became an Opportunity Date",
    "won": "Became a Customer Date",
}


@dataclass
class _Split:
    """A record as the CRM holds it: what happened to the lead, and what to the opportunity."""

    record: Record
    lead: list[Visit]
    deal: list[Visit]

    @property
    def deal_id(self) -> str:
        return f"006{self.record.id}"


def _split(history: History, names: tuple[str, ...], system: str) -> tuple[list[_Split], dict[str, str]]:
    """The records, and the name of each stage of an opportunity."""
    kinds = dict(history.stages)
    deals = [name for name, kind in history.stages if kind == "opportunity"]
    foreign = [name for name, kind in history.stages if kind in ("other", "customer")]
    if foreign or len(deals) > len(names):
        what = (
            f"the stage `{foreign[0]}` has no standard name"
            if foreign
            else f"more than {len(names)} opportunity stages"
        )
        fix = "state its `kind` in the scenario, or use another shape" if foreign else "use another shape"
        raise InputError([Diagnostic("--shape", None, None, system, what, fix)])
    result = []
    for record in history.records:
        visits = [v for v in record.visits if kinds[v.stage] != "anonymous" and not v.undated]
        if visits and kinds[visits[0].stage] != "lost":
            first = next((i for i, v in enumerate(visits) if kinds[v.stage] in ("opportunity", "won")), len(visits))
            result.append(_Split(record, visits[:first], visits[first:]))
    return result, dict(zip(deals, names, strict=False))


def salesforce(history: History) -> Export:
    """Lead, LeadHistory, Opportunity, OpportunityHistory, OpportunityFieldHistory, Task and User."""
    records, deal_names = _split(history, SALESFORCE_STAGES, "salesforce")
    kinds = dict(history.stages)
    ends = {"won": "Closed Won", "lost": "Closed Lost"}

    def status(visit: Visit) -> str:
        return LEAD_STATUS[kinds[visit.stage]]

    def deal_stage(visit: Visit) -> str:
        kind = kinds[visit.stage]
        return deal_names.get(visit.stage) or ends.get(kind) or LEAD_STATUS[kind]

    def time(second: int) -> str:
        return history.moment(second).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def lead_rows() -> Iterator[tuple[str, ...]]:
        for split in records:
            if split.lead:
                lead, converted = split.record, bool(split.deal)
                owner = lead.owners[0].value if lead.owners else ""
                now = "Closed - Converted" if converted else status(split.lead[-1])
                link = (time(split.deal[0].entered), f"003{lead.id}", split.deal_id) if converted else ("", "", "")
                created = time(split.lead[0].entered)
                source = (lead.channel, lead.segment)
                yield (lead.id, "false", "", now, *source, owner, str(converted).lower(), *link, created, created)

    def lead_changes() -> Iterator[tuple[str, ...]]:
        for split in records:
            if split.lead:
                yield split.record.id, "created", "", "", time(split.lead[0].entered)
                before = status(split.lead[0])
                for visit in split.lead[1:]:
                    yield split.record.id, "Status", before, status(visit), time(visit.entered)
                    before = status(visit)
                if split.deal:
                    converted = time(split.deal[0].entered)
                    yield split.record.id, "Status", before, "Closed - Converted", converted
                    yield split.record.id, "leadConverted", "", "", converted

    def deal_rows() -> Iterator[tuple[str, ...]]:
        for split in records:
            if split.deal:
                record, last = split.record, split.deal[-1]
                owner = record.owners[-1].value if record.owners else ""
                amount = record.amounts[-1].value if record.amounts else ""
                now, won = deal_stage(last), kinds[last.stage] == "won"
                closed = won or kinds[last.stage] == "lost"
                created = time(split.deal[0].entered)
                flags = (str(closed).lower(), str(won).lower())
                source = (record.channel, record.segment)
                close = time(last.entered)[:10]
                yield (split.deal_id, "false", now, amount, close, *flags, *source, owner, created, created)

    def deal_values() -> Iterator[tuple[str, ...]]:
        for split in records:
            for i, visit in enumerate(split.deal):
                amount = value_at(split.record.amounts, visit.entered) or ""
                yield f"008{split.record.id}{i:03d}", split.deal_id, deal_stage(visit), amount, time(visit.entered)

    def deal_changes() -> Iterator[tuple[str, ...]]:
        for split in records:
            if split.deal:
                before = ""
                for stated in split.record.owners:
                    at = max(stated.at, split.deal[0].entered)
                    yield split.deal_id, "Owner", before, stated.value, time(at)
                    before = stated.value

    def tasks() -> Iterator[tuple[str, ...]]:
        for split in records:
            for i, task in enumerate(split.record.tasks):
                if task.started is not None:
                    on_deal = bool(split.deal) and task.created >= split.deal[0].entered
                    who, what = ("", split.deal_id) if on_deal else (split.record.id, "")
                    yield (
                        f"00T{split.record.id}{i:03d}",
                        who,
                        what,
                        task.owner,
                        time(task.created),
                        time(task.started),
                        "Completed",
                    )

    users = ((w.id, w.id, w.role, "true" if w.last is None else "false") for w in history.workers)
    lead = ("Id", "IsDeleted", "MasterRecordId", "Status", "LeadSource", "Industry", "OwnerId", "IsConverted",
            "ConvertedDate", "ConvertedContactId", "ConvertedOpportunityId", "CreatedDate",
            "SystemModstamp")  # fmt: skip
    deal = ("Id", "IsDeleted", "StageName", "Amount", "CloseDate", "IsClosed", "IsWon", "LeadSource", "Type", "OwnerId",
            "CreatedDate", "SystemModstamp")  # fmt: skip
    tables = [
        Table("Lead", lead, lead_rows()),
        Table("LeadHistory", ("LeadId", "Field", "OldValue", "NewValue", "CreatedDate"), lead_changes()),
        Table("Opportunity", deal, deal_rows()),
        Table("OpportunityHistory", ("Id", "OpportunityId", "StageName", "Amount", "CreatedDate"), deal_values()),
        Table(
            "OpportunityFieldHistory", ("OpportunityId", "Field", "OldValue", "NewValue", "CreatedDate"), deal_changes()
        ),
        Table("Task", ("Id", "WhoId", "WhatId", "OwnerId", "CreatedDate", "CompletedDateTime", "Status"), tasks()),
        Table("User", ("Id", "Name", "UserRole", "IsActive"), users),
    ]
    return Export(tables, "")


def hubspot(history: History) -> Export:
    """Contacts and deals, each with the dates on which it entered a stage, linked by their ids; times to the minute."""
    records, deal_names = _split(history, HUBSPOT_STAGES, "hubspot")
    kinds = dict(history.stages)
    ends = {"won": "Closed Won", "lost": "Closed Lost"}
    stage_names = [*HUBSPOT_STAGES, *ends.values()]
    became = list(dict.fromkeys(BECAME[kind] for kind in BECAME))

    def time(second: int) -> str:
        return history.moment(second).strftime("%Y-%m-%d %H:%M")

    def contacts() -> Iterator[tuple[str, ...]]:
        for i, split in enumerate(records):
            first: dict[str, str] = {}
            for visit in (*split.lead, *split.deal):
                column = BECAME.get(kinds[visit.stage])
                if column:
                    first.setdefault(column, time(visit.entered))
            created = (split.lead or split.deal)[0].entered
            last = next((v for v in reversed((*split.lead, *split.deal)) if kinds[v.stage] in BECAME), None)
            phase = "" if last is None else kinds[last.stage]
            unqualified = split.lead and not split.deal and kinds[split.lead[-1].stage] == "lost"
            status = "Unqualified" if unqualified else ""
            deal = str(900_000 + i) if split.deal else ""
            record = split.record
            owner = record.owners[0].value if record.owners else ""
            dates = tuple(first.get(column, "") for column in became)
            yield (str(100_000 + i), time(created), record.channel, phase, status, owner, *dates, deal)

    def deals() -> Iterator[tuple[str, ...]]:
        for i, split in enumerate(records):
            if split.deal:
                first: dict[str, str] = {}
                for visit in split.deal:
                    name = deal_names.get(visit.stage) or ends.get(kinds[visit.stage], "")
                    first.setdefault(name, time(visit.entered))
                last = next((n for n in reversed(stage_names) if n in first), "")
                record = split.record
                amount = record.amounts[-1].value if record.amounts else ""
                owner = record.owners[-1].value if record.owners else ""
                closed = first.get("Closed Won") or first.get("Closed Lost") or ""
                dates = tuple(first.get(name, "") for name in stage_names)
                created = time(split.deal[0].entered)
                about = ("Sales Pipeline", last, amount, created, closed, owner)
                yield (str(900_000 + i), *about, *dates, str(100_000 + i))

    contact_header = ("Record ID", "Create Date", "Original Source", "Lifecycle Stage", "Lead Status", "Contact owner",
                      *became, "Associated Deal IDs")  # fmt: skip
    entered = tuple(f'Date entered "{name} (Sales Pipeline)"' for name in stage_names)
    deal_header = ("Record ID", "Pipeline", "Deal Stage", "Amount", "Create Date", "Close Date", "Deal owner", *entered,
                   "Associated Contact IDs")  # fmt: skip
    return Export([Table("contacts", contact_header, contacts()), Table("deals", deal_header, deals())], "")
