"""Companies and their contacts; the first 2,000 stand on one chain, every tenth of those an anchor firm."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from crm.core.pinyin import pinyin_initials
from crm.enterprises.rules import loose_name, normalise_name, search_text
from tests.bench.filling import Row, Table
from tests.bench.words import BRANDS, CITIES, FORMS, TRADES

PRESENCES = 2000


class Companies:
    """Companies 1 to `count`; `segments` are those of the chain where they stand."""

    def __init__(self, count: int, segments: list[int], today: date, morning: datetime) -> None:
        self.count = count
        self.segments = segments
        self.today = today
        self.morning = morning
        self.described = [_company(n) for n in range(count + 1)]

    def of_lead(self, n: int) -> int:
        """The company that invests in lead n."""
        return n % self.count + 1

    def tables(self) -> Iterator[Table]:
        yield (
            "enterprises",
            (
                "id", "name", "name_norm", "name_loose", "pinyin_initials", "search_text",
                "created_at", "version",
            ),
            self.enterprises(),
        )  # fmt: skip
        yield (
            "contacts",
            ("id", "enterprise_id", "name", "position", "phone", "created_at", "version"),
            self.contacts(),
        )
        yield (
            "presences",
            (
                "id", "enterprise_id", "segment_id", "role", "strength", "output_yuan",
                "output_year", "since_on", "checked_on", "created_at", "version",
            ),
            self.presences(),
        )  # fmt: skip
        yield (
            "anchor_needs",
            (
                "id", "enterprise_id", "segment_id", "kind", "description", "amount_yuan",
                "noted_on", "created_at", "version",
            ),
            self.needs(),
        )  # fmt: skip

    def enterprises(self) -> Iterator[Row]:
        for n in range(1, self.count + 1):
            name, initials, text = self.described[n]
            yield (
                n,
                name,
                normalise_name(name),
                loose_name(name),
                initials,
                text,
                self.morning,
                1,
            )

    def contacts(self) -> Iterator[Row]:
        for n in range(1, self.count + 1):
            yield (
                n,
                n,
                f"{'赵钱孙李周吴郑王'[n % 8]}经理",
                "投资总监",
                f"138{n % 10**8:08d}",
                self.morning,
                1,
            )

    def presences(self) -> Iterator[Row]:
        """2,000 companies on one chain, one in ten an anchor firm, one in seven not checked lately."""
        for n in range(1, min(PRESENCES, self.count) + 1):
            role = "anchor" if n % 10 == 0 else ("supplier", "supplier", "research")[n % 3]
            yield (
                n, n, self.segments[n % len(self.segments)], role, ("weak", "medium", "strong")[n // 7 % 3],
                n % 90 * 10**7, self.today.year - 1, self.today - timedelta(days=n % 3000 + 400),
                self.today - timedelta(days=400 if n % 7 == 0 else n % 300), self.morning, 1,
            )  # fmt: skip

    def needs(self) -> Iterator[Row]:
        """One for each anchor firm."""
        for n in range(10, min(PRESENCES, self.count) + 1, 10):
            yield (
                n // 10, n, self.segments[n * 7 % len(self.segments)],
                ("supply", "customer", "partner")[n // 10 % 3],
                "配套产品", n * 10**5, self.today - timedelta(days=n % 200), self.morning, 1,
            )  # fmt: skip


_initials = lru_cache(maxsize=None)(pinyin_initials)


def _company(n: int) -> tuple[str, str, str]:
    """Name, initials and search text of company n; the initials piece by piece, which are few."""
    brand = BRANDS[n * 7 % len(BRANDS)] + BRANDS[n * 13 // len(BRANDS) % len(BRANDS)]
    pieces = (CITIES[n % 12], brand, TRADES[n // 12 % 15], FORMS[n // 180 % 4])
    name, initials = "".join(pieces), "".join(map(_initials, pieces))
    return name, initials, search_text(name, initials)
