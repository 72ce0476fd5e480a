"""The evidence folder of a quota (佐证包): a zip with an index as document and workbook.

The folder goes up to the district and the city: it is written in Chinese whatever the reader's
language.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO

from flask_babel import force_locale

from crm.accounts.rules import Actor
from crm.checkup.queries.evidence import FolderProject, folder_projects, unseen_projects
from crm.checkup.rules import (
    Paper,
    PaperState,
    days_left,
    file_name,
    folder_name,
    next_cutoff,
    papers_of,
    unique_names,
)
from crm.checkup.services.index_files import Index, IndexLine, index_document, index_workbook
from crm.checkup.wording import word
from crm.history import services as history
from crm.leads import wording as leads_wording
from crm.quotas.facts import terms_of
from crm.quotas.models import Quota


@dataclass(frozen=True, slots=True)
class Folder:
    """What a quota's evidence folder holds and lacks on a day."""

    quota: Quota
    on: date
    projects: Sequence[FolderProject]
    papers: Sequence[tuple[Paper, ...]]
    cutoff: date | None
    unseen: int

    @property
    def days_left(self) -> int | None:
        return days_left(self.on, self.cutoff)

    @property
    def missing(self) -> int:
        """Papers whose file is not there."""
        return sum(paper.is_missing for papers in self.papers for paper in papers)

    def lines(self) -> Iterator[tuple[int, FolderProject, tuple[Paper, ...]]]:
        """(number of the index, project, its papers)."""
        for number, (project, papers) in enumerate(
            zip(self.projects, self.papers, strict=True), start=1
        ):
            yield number, project, papers


def folder_of(actor: Actor, quota: Quota, on: date) -> Folder:
    """The folder as this person may see it; four queries."""
    event = terms_of(quota).event
    projects = folder_projects(actor, quota, on)
    return Folder(
        quota=quota,
        on=on,
        projects=projects,
        papers=[papers_of(each.project, event) for each in projects],
        cutoff=next_cutoff(on, quota.monthly_cutoff_day, quota.closes),
        unseen=unseen_projects(actor, quota, on),
    )


def write_folder(
    actor: Actor, at: datetime, folder: Folder, files_dir: Path, out: IO[bytes]
) -> int:
    """Write the zip into `out` and note in the trail who took it; how many files it holds.

    A file whose bytes are gone from the disk is told as missing in the index, never left out
    silently.
    """
    with force_locale("zh"):
        placed = [_placed(number, project, files_dir) for number, project, _ in folder.lines()]
        index = _index(folder, placed)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("00 目录.docx", index_document(index))
            archive.writestr("00 目录.xlsx", index_workbook(index))
            count = 0
            for files in placed:
                for place in files:
                    if place.is_there:
                        archive.write(files_dir / place.stored_name, place.path)
                        count += 1
    history.record(
        actor, at, "evidence_exported", folder.quota,
        after={"on": folder.on, "leads": len(folder.projects), "files": count},
    )  # fmt: skip
    return count


def standing_workbook(actor: Actor, at: datetime, folder: Folder) -> bytes:
    """The index alone, as the workbook a bureau hands in; with an event in the trail."""
    with force_locale("zh"):
        data = index_workbook(_index(folder, [() for _ in folder.projects]))
    history.record(
        actor, at, "evidence_exported", folder.quota,
        after={"on": folder.on, "leads": len(folder.projects), "files": 0},
    )  # fmt: skip
    return data


def folder_title(quota: Quota, on: date) -> str:
    """“2026年大项目佐证材料（截至2026年11月26日）”."""
    return f"{quota.year}年{quota.label}佐证材料（截至{on.year}年{on.month}月{on.day}日）"


@dataclass(frozen=True, slots=True)
class _Placed:
    file_id: int
    path: str  # inside the zip
    stored_name: str
    is_there: bool


def _placed(number: int, project: FolderProject, files_dir: Path) -> tuple[_Placed, ...]:
    files = project.project.files
    names = unique_names(
        file_name(number, place, str(leads_wording.word(each.kind)), each.filename)
        for place, each in enumerate(files, start=1)
    )
    inside = folder_name(number, project.project.title)
    return tuple(
        _Placed(
            each.id, f"{inside}/{name}", each.stored_name, (files_dir / each.stored_name).is_file()
        )
        for each, name in zip(files, names, strict=True)
    )


def _index(folder: Folder, placed: Sequence[tuple[_Placed, ...]]) -> Index:
    lines = [
        IndexLine(
            number=number,
            project=project,
            papers=tuple(
                (str(word(paper.proof)), _told(paper, {each.file_id: each for each in files}))
                for paper in papers
            ),
            lacks=tuple(
                (str(word(paper.proof)), str(word(paper.state)), paper.reference or "")
                for paper in papers
                if paper.is_missing
            ),
        )
        for (number, project, papers), files in zip(folder.lines(), placed, strict=True)
    ]
    return Index(
        title=folder_title(folder.quota, folder.on),
        name=folder.quota.name,
        on=folder.on,
        cutoff=folder.cutoff,
        days_left=folder.days_left,
        unseen=folder.unseen,
        lines=lines,
    )


def _told(paper: Paper, files: dict[int, _Placed]) -> str:
    """Where a paper lies in the folder, or what is known of it."""
    if paper.state is not PaperState.IN_FOLDER:
        named = f"：{paper.reference}" if paper.reference else ""
        return f"{word(paper.state)}{named}"
    paths = [
        files[each].path.rpartition("/")[2] if files[each].is_there else "文件缺失，请重新上传"
        for each in paper.file_ids
        if each in files
    ]
    return "；".join(paths) or str(word(paper.state))
