"""On what ground somebody is reminded: what a sentence about it is made of.

Pure: the day it is said on is an argument.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from crm.checkup.rules import Proof
from crm.leads.rules import Stage
from crm.reminders.rules.falling import Due
from crm.reminders.rules.kinds import ReminderKind
from crm.reminders.rules.settings import STARTS_ANEW, Setting


@dataclass(frozen=True, slots=True)
class Ground:
    """Why something is due: the step that was reached, and what it counts from.

    `days` are those of the step (None: the setting no longer has it), `late_after` those of the
    first step that is no announcement. `reached` and `wanted` are a quota's count and 应达, `papers`
    what a project still has to bring.
    """

    kind: ReminderKind
    step: str
    due_on: date
    days: int | None = None
    in_working_days: bool = False
    late_after: int | None = None
    stage: Stage | None = None
    reached: int | None = None
    wanted: int | None = None
    papers: tuple[Proof, ...] = ()
    counts_from: date | None = None  # of a setting under which an earlier day counts as that one

    @property
    def counted_from(self) -> date | None:
        """The day from which the office counts, where that is later than what happened."""
        return self.counts_from if self.base == self.counts_from else None

    @property
    def base(self) -> date | None:
        """The day the clock began; None where the days of the step are unknown or working days."""
        if self.days is None or (self.in_working_days and self.days > 0):
            return None
        return self.due_on - timedelta(days=self.days)

    def days_since(self, today: date) -> int | None:
        """Calendar days since the clock began, negative before it."""
        return None if self.base is None else (today - self.base).days


def ground_of(
    due: Due,
    setting: Setting | None,
    *,
    stage: Stage | None = None,
    standing: tuple[int, int] | None = None,
    papers: tuple[Proof, ...] = (),
) -> Ground:
    """The ground of what is due, under the setting that holds. `standing`: (reached, 应达)."""
    steps = setting.steps if setting is not None else ()
    step = next((each for each in steps if each.code == due.step), None)
    late = next((each for each in steps if not each.announces), None)
    reached, wanted = standing or (None, None)
    return Ground(
        kind=due.kind,
        step=due.step,
        due_on=due.due_on,
        days=step.days if step is not None else None,
        in_working_days=setting is not None and setting.in_working_days,
        late_after=late.days if late is not None else None,
        stage=stage,
        reached=reached,
        wanted=wanted,
        papers=papers,
        counts_from=setting.counts_from if setting and due.kind in STARTS_ANEW else None,
    )
