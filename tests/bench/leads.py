"""Leads as they stand today: 40 % of them open, 1 % signed this year."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from crm.enterprises.rules import search_text, title_key
from tests.bench.companies import Companies
from tests.bench.filling import Row, Table
from tests.bench.people import People
from tests.bench.words import ACTIONS, KINDS, SAID, THINGS

OPEN = ("LEAD", "CONTACTED", "NEGOTIATING", "REVIEWED", "PRE_SIGNING")
ENDED = ("OPERATING", "LOST", "TRANSFERRED", "PARKED")
LEAD_COLUMNS = (
    "id", "receipt_number", "title", "title_key", "search_text", "investor_id", "investor_is_unknown",
    "description", "chain_id", "segment_id", "owner_id", "department_id", "first_talk_department_id",
    "source", "is_sensitive", "stage", "stage_since", "stage_source", "path", "first_contact_on",
    "last_progress_on", "next_action", "next_action_on", "is_days_order_confirmed", "is_physical",
    "is_headquarters", "nature", "origin", "promotion_mode", "tier", "latest_progress",
    "investment_yuan", "investment_text", "created_by_id", "created_at", "version",
    "expected_sign_on", "signing_slips", "signing_slip_days", "confidence", "confidence_on",
)  # fmt: skip


def is_sensitive(lead_id: int) -> bool:
    return lead_id % 1000 == 7


class Leads:
    """Leads 1 to `count`; `segments` are pairs of a segment and its chain."""

    def __init__(
        self,
        count: int,
        people: People,
        companies: Companies,
        segments: list[tuple[int, int]],
        today: date,
        morning: datetime,
    ) -> None:
        self.count = count
        self.people = people
        self.companies = companies
        self.segments = segments
        self.today = today
        self.morning = morning

    def tables(self) -> Iterator[Table]:
        yield "leads", LEAD_COLUMNS, self.leads()

    def stage(self, n: int) -> str:
        """1 in 100 signed this year (one third of them registered or started), 40 in 100 open."""
        if n % 100 == 0:
            return ("SIGNED", "REGISTERED", "STARTED")[n // 100 % 3]
        if n % 5 in {1, 2}:
            return OPEN[n * 31 % 5]
        return ENDED[n * 17 % 4]

    def progress(self, n: int) -> date:
        """Open leads moved in the last ninety days, the others in the last ten years."""
        reach = 90 if n % 5 in {1, 2} or n % 100 == 0 else 3650
        return self.today - timedelta(days=n * 2654435761 % 2**32 % reach)

    def amount(self, n: int) -> int | None:
        return None if n % 11 == 0 else (n * 48271 % 500 + 1) * 10**7 * (10 if n % 40 == 0 else 1)

    def signed_on(self, n: int) -> date:
        first = date(self.today.year, 1, 1)
        return first + timedelta(days=n // 100 % ((self.today - first).days + 1))

    def title(self, n: int) -> str:
        thing, kind = THINGS[n % 18], KINDS[n // 18 % 7]
        if n % 4 == 0:
            return f"{thing}{kind}{'一二三四五六七八九'[n % 9]}期"
        name, *_ = self.companies.described[self.companies.of_lead(n)]
        return f"{name[2:4]}{thing}{kind}"

    def is_signed(self, n: int) -> bool:
        return n % 100 == 0

    def leads(self) -> Iterator[Row]:
        for n in range(1, self.count + 1):
            company = self.companies.of_lead(n)
            title, stage, receipt = self.title(n), self.stage(n), f"BB20260101-{n:06d}"
            owner, unit = self.people.owner(n)
            is_open, progress = stage in OPEN, self.progress(n)
            amount = self.amount(n)
            due = self.today + timedelta(days=n * 13 % 40 - 10) if is_open and n % 6 else None
            segment, chain = self.segments[n * 131 % len(self.segments)]
            yield (
                n, receipt, title, title_key(title)[:120],
                f"{search_text(title, receipt)} {self.companies.described[company][2]}",
                company, False, f"建设{title}，新建厂房及配套设施，分期实施，达产后形成规模化生产能力",
                chain, segment, owner, unit, unit, "以商招商",
                is_sensitive(n), stage, progress, "person", ("land", "carrier", "headquarters")[n % 3],
                progress - timedelta(days=200), progress,
                ACTIONS[n % 5] if due else None, due, False, True, n % 3 == 2, "new", "other_province",
                "chain", "abc"[n % 3], SAID[n % 4], amount, f"{amount / 10**8:g}亿元" if amount else None,
                owner, self.morning - timedelta(days=n % 3000), 1, *self.prospects(n),
            )  # fmt: skip

    def prospects(self, n: int) -> tuple[date | None, int, int, str | None, date | None]:
        """Of one in eight leads in talks: expected day, delays, the owner's confidence and its day."""
        if self.stage(n) not in OPEN[1:] or n // 5 % 8:
            return None, 0, 0, None, None
        expected = self.today + timedelta(days=n * 37 % 400 - 40)
        stated_on = self.today - timedelta(days=n % 50)
        return expected, n % 3, n % 3 * 25, ("high", "medium", "low")[n // 7 % 3], stated_on
