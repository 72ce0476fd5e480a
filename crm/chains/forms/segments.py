"""What the pages that change chains, segments and groups accept."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import NumberRange

from crm.chains.queries.editing import departments_offered, leaders_offered
from crm.chains.rules import LEAST_WEIGHT, MOST_WEIGHT, ChainKind, SegmentLayout
from crm.chains.rules.entries import (
    LONGEST_ANCHOR,
    LONGEST_CHAIN_CODE,
    LONGEST_CODE,
    LONGEST_EXAMPLE,
    LONGEST_NAME,
    LONGEST_NAME_EN,
    LONGEST_PRODUCT,
    LONGEST_WORD,
    MOST_WORDS,
    ChainEntry,
    EntryFault,
    GroupEntry,
    SegmentEntry,
    code_of,
    codes_in,
    words_in,
)
from crm.chains.wording import CHAIN_FIELD, word
from crm.core.fields import Choice, Required, SeenVersion, TextBlock, TextLine, at_most, code_choice
from crm.core.forms import BaseForm, trimmed

LONGEST_CODES = 300
LONGEST_LIST = MOST_WORDS * (LONGEST_EXAMPLE + 1)


class CodeField(StringField):
    """A code, kept in capitals."""

    def __init__(self, longest: int, **kw: Any) -> None:
        super().__init__(
            CHAIN_FIELD["code"],
            filters=[trimmed, lambda value: code_of(value) or None],
            validators=[Required(), at_most(longest)],
            **kw,
        )


class WeightField(IntegerField):
    """1 to 5; what is no number is refused in our own words."""

    def __init__(self, **kw: Any) -> None:
        words = word(EntryFault.BAD_WEIGHT)
        super().__init__(
            CHAIN_FIELD["weight"],
            validators=[Required(words), NumberRange(LEAST_WEIGHT, MOST_WEIGHT, message=words)],
            **kw,
        )

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = unicodedata.normalize("NFKC", valuelist[0] if valuelist else "").strip()
        is_number = text.isascii() and text.isdigit() and len(text) < 4
        self.data = int(text) if is_number else None


class SegmentForm(BaseForm):
    """What a segment says of itself. Lists are typed with 、 or line breaks between their words."""

    version = SeenVersion()
    name = TextLine(CHAIN_FIELD["name"], longest=LONGEST_NAME, validators=[Required()])
    name_en = TextLine(CHAIN_FIELD["name_en"], longest=LONGEST_NAME_EN)
    code = CodeField(LONGEST_CODE)
    layout = code_choice(
        CHAIN_FIELD["layout"], SegmentLayout, word, empty=_l("请选择"), validators=[Required()]
    )
    weight = WeightField()
    is_key = BooleanField(CHAIN_FIELD["is_key"])
    group = Choice(CHAIN_FIELD["group_id"], empty=_l("不属于链群"))
    keywords = TextBlock(CHAIN_FIELD["keywords"], longest=MOST_WORDS * (LONGEST_WORD + 1))
    industry_codes = TextLine(CHAIN_FIELD["industry_codes"], longest=LONGEST_CODES)
    examples = TextBlock(CHAIN_FIELD["examples"], longest=LONGEST_LIST)

    def entry(self) -> SegmentEntry:
        return SegmentEntry(
            code=self.code.data,
            name=self.name.data,
            name_en=self.name_en.data,
            layout=self.layout.data,
            is_key=self.is_key.data,
            weight=self.weight.data,
            keywords=words_in(self.keywords.data),
            industry_codes=codes_in(self.industry_codes.data),
            examples=words_in(self.examples.data),
            group_id=self.group.data,
        )


class PlaceForm(BaseForm):
    """Where a segment is to go, or into which one it is merged: the page offers the places."""

    version = SeenVersion()
    place = StringField(_l("移到"), filters=[trimmed])
    into = Choice(_l("并入"), empty=_l("请选择"))


class LinkForm(BaseForm):
    """A link of the segment of the page: which way, to which other one, with what product."""

    way = StringField(_l("方向"))
    other = Choice(_l("另一环节"), empty=_l("请选择"), validators=[Required()])
    product = TextLine(CHAIN_FIELD["product"], longest=LONGEST_PRODUCT)


class ChainForm(BaseForm):
    """What a chain says of itself."""

    version = SeenVersion()
    name = TextLine(CHAIN_FIELD["name"], longest=LONGEST_NAME, validators=[Required()])
    name_en = TextLine(CHAIN_FIELD["name_en"], longest=LONGEST_NAME_EN)
    code = CodeField(LONGEST_CHAIN_CODE)
    kind = code_choice(
        CHAIN_FIELD["kind"], ChainKind, word, empty=_l("请选择"), validators=[Required()]
    )
    leader = Choice(CHAIN_FIELD["leader_id"])
    department = Choice(CHAIN_FIELD["department_id"])
    anchor = TextBlock(CHAIN_FIELD["anchor"], longest=LONGEST_ANCHOR)

    def offer(self, leader_id: int | None, department_id: int | None) -> "ChainForm":
        self.leader.offer(leaders_offered(leader_id))
        self.department.offer(departments_offered(department_id))
        return self

    def entry(self) -> ChainEntry:
        return ChainEntry(
            code=self.code.data,
            name=self.name.data,
            name_en=self.name_en.data,
            kind=self.kind.data,
            anchor=self.anchor.data,
            leader_id=self.leader.data,
            department_id=self.department.data,
        )


class GroupForm(BaseForm):
    """What a chain group says of itself."""

    version = SeenVersion()
    name = TextLine(CHAIN_FIELD["name"], longest=LONGEST_NAME, validators=[Required()])
    name_en = TextLine(CHAIN_FIELD["name_en"], longest=LONGEST_NAME_EN)
    code = CodeField(LONGEST_CODE)
    chain = Choice(CHAIN_FIELD["chain_id"])
    leader = Choice(CHAIN_FIELD["leader_id"])
    department = Choice(CHAIN_FIELD["department_id"])

    def offer(
        self, chains: Iterable[tuple[int, str]], leader_id: int | None, department_id: int | None
    ) -> "GroupForm":
        self.chain.offer(chains)
        self.leader.offer(leaders_offered(leader_id))
        self.department.offer(departments_offered(department_id))
        return self

    def entry(self) -> GroupEntry:
        return GroupEntry(
            code=self.code.data,
            name=self.name.data,
            name_en=self.name_en.data,
            chain_id=self.chain.data,
            leader_id=self.leader.data,
            department_id=self.department.data,
        )
