"""30 owners in 20 departments, their head and the director."""

from collections.abc import Iterator
from datetime import datetime

from crm.core.pinyin import pinyin_initials
from tests.bench.filling import Row, Table

OWNERS, DEPARTMENTS = 30, 20


class People:
    """Who works at the bureau and the street offices, and who owns which lead."""

    def __init__(self, first_user: int, password_hash: str, morning: datetime) -> None:
        self.first_user = first_user
        self.password_hash = password_hash
        self.morning = morning

    def tables(self) -> Iterator[Table]:
        yield (
            "departments",
            ("id", "name", "kind", "position", "is_active", "version"),
            self.departments(),
        )
        yield (
            "users",
            (
                "id", "login", "name", "initials", "email", "role", "department_id", "password_hash",
                "must_change_password", "is_active", "locale", "session_stamp", "failures",
                "created_at", "version",
            ),
            self.users(),
        )  # fmt: skip

    def departments(self) -> Iterator[Row]:
        for n in range(1, DEPARTMENTS + 1):
            yield (
                n,
                "区投资促进局" if n == 1 else f"第{n}街道办事处",
                "bureau" if n == 1 else "street",
                n,
                True,
                1,
            )

    def users(self) -> Iterator[Row]:
        people = [("leader", "刘局长", "director", 1), ("head", "王主任", "unit_head", 2)]
        people += [
            (
                f"staff{n}",
                f"{'张王李赵刘陈杨黄周吴'[n % 10]}{'伟芳娜敏静强磊洋'[n % 8]}{n}",
                "staff",
                n % DEPARTMENTS + 1,
            )
            for n in range(OWNERS)
        ]
        for place, (login, name, role, unit) in enumerate(people):
            yield (
                self.first_user + place, login, name, pinyin_initials(name), f"{login}@example.gov.cn",
                role, unit, self.password_hash, False, True, "zh", f"stamp{place}", 0, self.morning, 1,
            )  # fmt: skip

    def owner(self, n: int) -> tuple[int, int]:
        """The owner of lead n and the owner's department."""
        place = (n * 7919) % OWNERS
        return self.first_user + 2 + place, place % DEPARTMENTS + 1
