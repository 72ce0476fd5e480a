"""Which papers a project that counts must bring, which of them are there, and how long is left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from crm.leads.rules import AttachmentKind, FigureKind, FigureSource, MilestoneKind, Path
from crm.quotas.rules import CountingEvent, Outcome, Reason


class Proof(StrEnum):
    """What a paper proves. DOMAIN §10.1 names the paper of each event, §10.2 that of an amount."""

    SIGNING = "signing"
    REGISTRATION = "registration"
    START = "start"
    AMOUNT = "amount"
    REVENUE = "revenue"
    RANKING = "ranking"


class PaperState(StrEnum):
    IN_FOLDER = "in_folder"  # the file is there
    NAMED = "named"  # number or name is recorded, the scan is not
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of the lead, not removed."""

    id: int
    kind: AttachmentKind
    filename: str
    stored_name: str = ""


@dataclass(frozen=True, slots=True)
class EventPaper:
    """A milestone and the paper it names: a number or title, a file, or neither."""

    kind: MilestoneKind
    on: date | None
    document: str | None = None
    file_id: int | None = None


@dataclass(frozen=True, slots=True)
class CountedProject:
    """A lead that stands in a quota's number, with everything its folder is made of."""

    lead_id: int
    title: str
    verdict: Outcome
    branch: int | None
    reasons: tuple[Reason, ...]
    path: Path | None = None
    events: tuple[EventPaper, ...] = ()
    files: tuple[KeptFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper the folder should hold. `reference` is the number or title recorded for it."""

    proof: Proof
    state: PaperState
    reference: str | None = None
    file_ids: tuple[int, ...] = ()
    on: date | None = None

    @property
    def is_missing(self) -> bool:
        return self.state is not PaperState.IN_FOLDER


_OF_START = frozenset({MilestoneKind.STARTED, MilestoneKind.MOVED_IN, MilestoneKind.TAXPAYING})
_EVENTS: tuple[tuple[Proof, frozenset[MilestoneKind], frozenset[AttachmentKind]], ...] = (
    (Proof.SIGNING, frozenset({MilestoneKind.SIGNED}), frozenset({AttachmentKind.AGREEMENT})),
    (
        Proof.REGISTRATION,
        frozenset({MilestoneKind.REGISTERED}),
        frozenset({AttachmentKind.LICENCE}),
    ),
    (
        Proof.START,
        _OF_START,
        frozenset({AttachmentKind.PERMIT, AttachmentKind.PHOTO, AttachmentKind.STATISTICS}),
    ),
)
_NEEDED: dict[CountingEvent, int] = {
    CountingEvent.SIGNED: 1,
    CountingEvent.SIGNED_AND_REGISTERED: 2,
    CountingEvent.STARTED: 3,
}
_OF_AMOUNT: dict[FigureSource | None, AttachmentKind] = {
    FigureSource.TALK: AttachmentKind.AGREEMENT,  # what was told is proved by what was agreed
    FigureSource.AGREEMENT: AttachmentKind.AGREEMENT,
    FigureSource.FILING: AttachmentKind.FILING,
    FigureSource.STATISTICS: AttachmentKind.STATISTICS,
}


def papers_of(project: CountedProject, event: CountingEvent) -> tuple[Paper, ...]:
    """The papers of the events up to the counting one (and of later ones that happened), then
    those of the facts by which the project meets the criteria."""
    return (*_event_papers(project, event), *_fact_papers(project))


def _event_papers(project: CountedProject, event: CountingEvent) -> Iterator[Paper]:
    for place, (proof, kinds, files) in enumerate(_EVENTS):
        happened = [each for each in project.events if each.kind in kinds]
        if not happened and place >= _NEEDED[event]:
            continue
        named = next((each for each in happened if each.document or each.file_id), None)
        own = [each.id for each in project.files if each.kind in files]
        if named and named.file_id and any(each.id == named.file_id for each in project.files):
            own = [named.file_id, *(each for each in own if each != named.file_id)]
        yield _paper(
            proof,
            named.document if named else None,
            own,
            happened[0].on if happened else None,
        )


def _fact_papers(project: CountedProject) -> Iterator[Paper]:
    """One paper for each fact of the way that decided; yes-or-no facts need none."""
    seen = set()
    for reason in project.reasons:
        if reason.branch != project.branch or reason.passed is False:
            continue
        if reason.list_code is not None:
            proof, kind = Proof.RANKING, AttachmentKind.RANKING_PROOF
        elif reason.field is FigureKind.HEADQUARTERS_REVENUE:
            proof, kind = Proof.REVENUE, AttachmentKind.STATISTICS
        elif reason.field is not None:
            proof, kind = Proof.AMOUNT, _OF_AMOUNT[reason.source]
        else:
            continue
        if proof in seen:
            continue
        seen.add(proof)
        own = [each.id for each in project.files if each.kind is kind]
        own += [
            each.id
            for each in project.files
            if each.filename == reason.document and each.id not in own
        ]
        yield _paper(proof, reason.document, own, reason.on)


def _paper(proof: Proof, reference: str | None, files: Sequence[int], on: date | None) -> Paper:
    if files:
        return Paper(proof, PaperState.IN_FOLDER, reference, tuple(files), on)
    state = PaperState.NAMED if reference else PaperState.MISSING
    return Paper(proof, state, reference, (), on)


def next_cutoff(today: date, cutoff_day: int, closes: date) -> date | None:
    """The next day on which the month's numbers are taken (1 to 28), at the latest the period's
    end; None once the period is over."""
    if today > closes:
        return None
    month = today.replace(day=1)
    if today.day > cutoff_day:
        month = (month + timedelta(days=31)).replace(day=1)
    return min(month.replace(day=cutoff_day), closes)


def days_left(today: date, cutoff: date | None) -> int | None:
    """Calendar days until the numbers are taken, 0 on the day itself."""
    return None if cutoff is None else (cutoff - today).days
