"""English for a product written in Chinese: an `en.po` beside each feature, one catalogue of all.

The msgid is the Chinese text itself, so Chinese needs no catalogue. English stands in
`crm/<feature>/en.po` for everything under `crm/<feature>/` and `templates/<feature>/`; whatever
belongs to no feature (factory, shared templates, error pages) belongs to `crm/core/en.po`, whose
words every feature may use. `compile` merges them into `crm/locale/en/LC_MESSAGES/messages.mo`,
which git ignores.

    python -m crm.translations compile   build the catalogue
    python -m crm.translations check     list every gap and every mistake, exit 1 if there is one
    python -m crm.translations missing   print the stanzas somebody still has to translate
    python -m crm.translations tidy      rewrite the .po files sorted and without noise
"""

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import normalize, read_po
from jinja2 import Environment, nodes
from jinja2.exceptions import TemplateSyntaxError

ROOT = Path(__file__).resolve().parent.parent
CORE = "core"
CALLS = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "_pl": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
JINJA_OPTIONS = {"extensions": "jinja2.ext.do,jinja2.ext.loopcontrols", "silent": "false"}
WITHOUT_CHINESE = frozenset({"English", "USCC", "CSV", "Excel"})
"""Texts that read the same in both languages and may therefore be a msgid."""
OWN_NAMES = frozenset({"中文"})
"""What a language calls itself, the same in every language."""
NOT_WORDS = "原文"
"""Ends a Python line, or in `{# 原文 #}` heads a template, that stays Chinese on purpose."""

CHINESE_RUN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+")
CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
HEADER = (
    'msgid ""\n'
    'msgstr ""\n'
    '"Language: en\\n"\n'
    '"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
)

Key = tuple[str, str | None]
"""What makes a message: its Chinese text and its context, if any."""


class TranslationError(Exception):
    """Two files give one Chinese text different English, or a template does not parse."""


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One place that shows a text. `plural` is the second Chinese text of `ngettext`."""

    feature: str
    text: str
    context: str | None
    plural: str | None
    file: str
    line: int

    @property
    def key(self) -> Key:
        return (self.text, self.context)


@dataclass(frozen=True, slots=True)
class Entry:
    """One stanza of a .po file: English for one text, two forms if the text has a plural."""

    text: str
    context: str | None
    plural: str | None
    english: tuple[str, ...]
    is_fuzzy: bool

    @property
    def key(self) -> Key:
        return (self.text, self.context)


# ---------------------------------------------------------------- what the code shows


def features(root: Path = ROOT) -> list[str]:
    """Names of the packages under `crm/`, sorted."""
    return sorted(p.parent.name for p in (root / "crm").glob("*/__init__.py"))


def feature_of(path: Path, root: Path = ROOT) -> str:
    """The feature whose .po speaks for a file; `core` where no feature does."""
    parts = path.relative_to(root).parts
    name = parts[1].removesuffix(".py") if len(parts) > 1 else ""
    return name if (root / "crm" / name / "__init__.py").is_file() and name else CORE


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Every file that may show words: Python of `crm/` and `worker/`, all templates."""
    for folder, pattern in (("crm", "*.py"), ("worker", "*.py"), ("templates", "*")):
        for path in sorted((root / folder).rglob(pattern)):
            if path.is_file() and path.suffix in {".py", ".html", ".txt", ".j2"}:
                yield path


def uses(root: Path = ROOT) -> list[Use]:
    """Every translated text with its place, in the order of the files.

    Raises `TranslationError` for a template that does not parse.
    """
    found = []
    for path in sources(root):
        python = path.suffix == ".py"
        try:
            messages = list(
                extract(
                    "python" if python else "jinja2",
                    BytesIO(path.read_bytes()),
                    CALLS,
                    options={"encoding": "utf-8"} if python else JINJA_OPTIONS,
                )
            )
        except TemplateSyntaxError as error:
            name = path.relative_to(root).as_posix()
            raise TranslationError(f"{name}:{error.lineno}: {error.message}") from error
        for line, message, _comments, context in messages:
            texts = message if isinstance(message, tuple) else (message,)
            found.append(
                Use(
                    feature=feature_of(path, root),
                    text=texts[0],
                    context=context,
                    plural=texts[1] if len(texts) > 1 else None,
                    file=path.relative_to(root).as_posix(),
                    line=line,
                )
            )
    return found


# ---------------------------------------------------------------- what the .po files say


def po_path(feature: str, root: Path = ROOT) -> Path:
    return root / "crm" / feature / "en.po"


def mo_path(root: Path = ROOT) -> Path:
    return root / "crm" / "locale" / "en" / "LC_MESSAGES" / "messages.mo"


def entries(feature: str, root: Path = ROOT) -> list[Entry]:
    """The stanzas of a feature's .po in file order; empty where it has none."""
    path = po_path(feature, root)
    if not path.is_file():
        return []
    found = []
    for message in read_po(BytesIO(path.read_bytes()), locale="en", abort_invalid=True):
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
        said = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
        found.append(
            Entry(
                text=ids[0],
                context=message.context or None,
                plural=ids[1] if len(ids) > 1 else None,
                english=tuple(s or "" for s in said),
                is_fuzzy=message.fuzzy,
            )
        )
    return found


def stanza(text: str, context: str | None, plural: str | None, english: Sequence[str]) -> str:
    """One .po stanza, without a blank line around it."""
    lines = [] if context is None else [f"msgctxt {normalize(context, width=0)}"]
    lines.append(f"msgid {normalize(text, width=0)}")
    if plural is None:
        lines.append(f"msgstr {normalize(english[0] if english else '', width=0)}")
    else:
        lines.append(f"msgid_plural {normalize(plural, width=0)}")
        for form in range(2):
            said = english[form] if form < len(english) else ""
            lines.append(f"msgstr[{form}] {normalize(said, width=0)}")
    return "\n".join(lines) + "\n"


def tidied(feature: str, root: Path = ROOT) -> str:
    """The canonical text of a feature's .po: our header, stanzas sorted by msgid, nothing else."""
    stanzas = [
        ("#, fuzzy\n" if e.is_fuzzy else "") + stanza(e.text, e.context, e.plural, e.english)
        for e in sorted(entries(feature, root), key=lambda e: (e.text, e.context or ""))
    ]
    return "\n".join([HEADER, *stanzas])


def merged(root: Path = ROOT, *, is_strict: bool = True) -> Catalog:
    """All .po files as one catalogue.

    Raises `TranslationError` naming every conflict; if not strict, the first feature's word stands.
    """
    catalog = Catalog(locale="en", charset="utf-8")
    first: dict[Key, tuple[str, Entry]] = {}
    conflicts = []
    for feature in features(root):
        for entry in entries(feature, root):
            if not all(entry.english) or entry.is_fuzzy:
                continue
            where, known = first.setdefault(entry.key, (feature, entry))
            if known.english != entry.english:
                conflicts.append(
                    f"“{entry.text}” is “{known.english[0]}” in crm/{where}/en.po "
                    f"but “{entry.english[0]}” in crm/{feature}/en.po"
                )
            elif known is entry:
                catalog.add(
                    entry.text if entry.plural is None else (entry.text, entry.plural),
                    entry.english[0] if entry.plural is None else entry.english,
                    context=entry.context,
                )
    if conflicts and is_strict:
        raise TranslationError("\n".join(conflicts))
    return catalog


def compile_catalogue(root: Path = ROOT, *, is_strict: bool = True) -> Path:
    """Build the .mo that Flask-Babel reads, in one step: a reader never sees half of it.

    Raises `TranslationError` for words in conflict, unless not strict.
    """
    target = mo_path(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    buffer = BytesIO()
    write_mo(buffer, merged(root, is_strict=is_strict))
    if not target.is_file() or target.read_bytes() != buffer.getvalue():
        half = target.with_name(f".{target.name}.{id(buffer):x}")
        half.write_bytes(buffer.getvalue())
        half.replace(target)
    target.touch()
    return target


def ensure_compiled(root: Path = ROOT) -> None:
    """Rebuild the catalogue if a .po is newer; the factory calls this in development.

    Words in conflict are a matter for `check`, no reason for a running page to fail.
    """
    target = mo_path(root)
    built = target.stat().st_mtime_ns if target.is_file() else -1
    if any(po.stat().st_mtime_ns > built for po in (root / "crm").glob("*/en.po")) or built < 0:
        compile_catalogue(root, is_strict=False)


# ---------------------------------------------------------------- what is wrong


def untranslated(root: Path = ROOT) -> list[Use]:
    """Texts on screen for which neither the feature's own .po nor core's has English."""
    said = {f: {e.key: e for e in entries(f, root) if all(e.english)} for f in features(root)}
    core = said.get(CORE, {})
    gaps: dict[tuple[str, Key], Use] = {}
    for use in uses(root):
        entry = said[use.feature].get(use.key) or core.get(use.key)
        if CHINESE.search(use.text) and (entry is None or (use.plural and not entry.plural)):
            gaps.setdefault((use.feature, use.key), use)
    return sorted(gaps.values(), key=lambda use: (use.feature, use.file, use.line))


def problems(root: Path = ROOT) -> list[str]:
    """Everything wrong with words, one sentence each; empty when both languages are complete."""
    try:
        shown = uses(root)
    except TranslationError as error:
        return [str(error)]
    found = [
        f"{use.file}:{use.line}: “{use.text}” has no English in crm/{use.feature}/en.po"
        for use in untranslated(root)
    ]
    found += [
        f"{use.file}:{use.line}: “{use.text}” holds no Chinese; Chinese is the language of the code"
        for use in shown
        if not CHINESE.search(use.text) and use.text not in WITHOUT_CHINESE
    ]
    for path in sources(root):
        name = path.relative_to(root).as_posix()
        loose = loose_python(path) if path.suffix == ".py" else loose_template(path)
        found += [f"{name}:{line}: {what}" for line, what in loose]
    everywhere = {use.key for use in shown}
    for feature in features(root):
        own = {use.key for use in shown if use.feature == feature}
        found += po_problems(feature, everywhere if feature == CORE else own, root)
    try:
        merged(root)
    except TranslationError as error:
        found += str(error).splitlines()
    return found


def po_problems(feature: str, shown: set[Key], root: Path = ROOT) -> list[str]:
    """Mistakes inside one .po: empty, obsolete, fuzzy, repeated, wrong placeholders, not tidy."""
    path = po_path(feature, root)
    if not path.is_file():
        return []
    name = path.relative_to(root).as_posix()
    found = []
    for entry in entries(feature, root):
        if entry.key not in shown:
            found.append(f"{name}: “{entry.text}” is shown nowhere any more")
        if not all(entry.english) or (entry.plural is not None and len(entry.english) < 2):
            found.append(f"{name}: “{entry.text}” is empty")
            continue
        if entry.is_fuzzy:
            found.append(f"{name}: “{entry.text}” is marked fuzzy")
        if entry.english[0] == entry.text and CHINESE.search(entry.text):
            found.append(f"{name}: “{entry.text}” is not translated, only repeated")
        wanted = set(PLACEHOLDER.findall(entry.text))
        for form, said in enumerate(entry.english):
            given = set(PLACEHOLDER.findall(said))
            # English may spell out its singular: “one lead” for “%(num)s 个项目”.
            optional = {"num", "n"} if entry.plural is not None and form == 0 else set()
            if given - wanted or wanted - given - optional:
                found.append(f"{name}: “{entry.text}” and “{said}” name different placeholders")
    texts = path.read_text(encoding="utf-8")
    repeated = len(re.findall(r"^msgid ", texts, re.MULTILINE)) - 1 - len(entries(feature, root))
    if repeated > 0:
        found.append(f"{name}: {repeated} msgid repeated (`make format` keeps one)")
    elif texts != tidied(feature, root):
        found.append(f"{name}: not tidy; `make format` sorts it")
    return found


def snippet(text: str) -> str:
    """The first run of Chinese in a text, short enough for a message."""
    run = CHINESE_RUN.search(text)
    return run.group()[:20] if run else text[:20]


def loose_python(path: Path) -> list[tuple[int, str]]:
    """What extraction cannot see: calls without a literal; in views and forms, Chinese outside."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    found = []
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in CALLS and path.name != Path(__file__).name:
                if not node.args or not isinstance(node.args[0], ast.Constant):
                    found.append(
                        (node.lineno, f"{name}() needs the text itself, not an expression")
                    )
                inside.update(id(a) for a in node.args)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(id(node.value))
    if path.name in {"views.py", "forms.py"}:
        found += [
            (node.lineno, f"“{snippet(node.value)}” stands outside _()")
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
            and CHINESE.search(node.value)
            and not lines[(node.end_lineno or node.lineno) - 1].endswith(f"# {NOT_WORDS}")
        ]
    return sorted(found)


def loose_template(path: Path) -> list[tuple[int, str]]:
    """Chinese in a template outside `_()` and `{% trans %}`; a template headed `{# 原文 #}` may."""
    text = path.read_text(encoding="utf-8")
    if text.startswith(f"{{# {NOT_WORDS} #}}"):
        return []
    environment = Environment(
        autoescape=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    tree = environment.parse(text, filename=path.name)
    inside: set[int] = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in CALLS:
            inside.update(id(a) for a in call.args)
    found = [
        (data.lineno, f"“{snippet(data.data)}” stands outside _()")
        for data in tree.find_all(nodes.TemplateData)
        if any(
            CHINESE.search(run) and run not in OWN_NAMES for run in CHINESE_RUN.findall(data.data)
        )
    ]
    found += [
        (const.lineno, f"“{snippet(const.value)}” stands outside _()")
        for const in tree.find_all(nodes.Const)
        if isinstance(const.value, str) and CHINESE.search(const.value) and id(const) not in inside
    ]
    return sorted(set(found))


# ---------------------------------------------------------------- command


def main(arguments: Sequence[str]) -> int:
    """Run one of the four verbs; the exit code is 0, 1 for findings, 2 for a wrong verb."""
    verb = arguments[0] if len(arguments) == 1 else ""
    if verb == "compile":
        try:
            compile_catalogue()
        except TranslationError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    elif verb == "check":
        found = problems()
        sys.stdout.writelines(f"{line}\n" for line in found)
        return 1 if found else 0
    elif verb == "missing":
        feature = ""
        for use in untranslated():
            if use.feature != feature:
                feature = use.feature
                sys.stdout.write(f"# ---- crm/{feature}/en.po\n")
            stanza_text = stanza(use.text, use.context, use.plural, ())
            sys.stdout.write(f"# {use.file}:{use.line}\n{stanza_text}\n")
    elif verb == "tidy":
        for feature in features():
            path = po_path(feature)
            if path.is_file() and path.read_text(encoding="utf-8") != tidied(feature):
                path.write_text(tidied(feature), encoding="utf-8")
    else:
        sys.stderr.write(__doc__ or "")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
