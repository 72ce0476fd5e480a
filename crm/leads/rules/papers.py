"""Which files may be kept, told by extension and by their first bytes. No disk, no Flask."""

import io
import unicodedata
import zipfile
from dataclasses import dataclass
from enum import StrEnum

LONGEST_NAME = 120


class PaperFault(StrEnum):
    NO_NAME = "no_name"
    EMPTY = "empty"
    KIND_NOT_ALLOWED = "kind_not_allowed"
    CONTENT_DIFFERS = "content_differs"
    HAS_MACROS = "has_macros"


class PaperError(ValueError):
    """A file that is not kept; `code` says why."""

    def __init__(self, code: PaperFault) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class Paper:
    """A file fit to be kept: its cleaned name and its media type."""

    filename: str
    media_type: str


OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": f"{OFFICE}wordprocessingml.document",
    "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "pptx": f"{OFFICE}presentationml.presentation",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "txt": "text/plain",
    "csv": "text/csv",
}
MAGIC = {
    "pdf": b"%PDF-",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
}
OFFICE_FOLDERS = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}


def judge_paper(filename: str, content: bytes) -> Paper:
    """What the file may be kept as. Raises PaperError.

    An office file is looked into by its list of members only: nothing is unpacked, so a zip bomb
    stays folded. Archives as such are not on the list.
    """
    name = clean_filename(filename)
    stem, dot, extension = name.rpartition(".")
    extension = extension.casefold()
    if not stem or not dot:
        raise PaperError(PaperFault.NO_NAME)
    if extension not in MEDIA_TYPES:
        raise PaperError(PaperFault.KIND_NOT_ALLOWED)
    if not content:
        raise PaperError(PaperFault.EMPTY)
    if extension in OFFICE_FOLDERS:
        _look_into(content, OFFICE_FOLDERS[extension])
    elif extension in MAGIC:
        if not content.startswith(MAGIC[extension]):
            raise PaperError(PaperFault.CONTENT_DIFFERS)
    elif not _is_text(content):
        raise PaperError(PaperFault.CONTENT_DIFFERS)
    return Paper(name, MEDIA_TYPES[extension])


def _look_into(content: bytes, folder: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member.filename for member in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise PaperError(PaperFault.CONTENT_DIFFERS) from None
    if "[Content_Types].xml" not in members or not any(m.startswith(folder) for m in members):
        raise PaperError(PaperFault.CONTENT_DIFFERS)
    if any(member.casefold().endswith("vbaproject.bin") for member in members):
        raise PaperError(PaperFault.HAS_MACROS)


def _is_text(content: bytes) -> bool:
    if b"\x00" in content:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def clean_filename(filename: str) -> str:
    """The last part of a path, on one line, at most 120 characters, its ending kept."""
    last = unicodedata.normalize("NFC", filename).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    kept = " ".join(kept.split()).strip(". ")
    if len(kept) <= LONGEST_NAME:
        return kept
    stem, _dot, extension = kept.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"[-LONGEST_NAME:]
