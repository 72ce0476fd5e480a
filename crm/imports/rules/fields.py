"""What a column of a ledger means, told by its header, whatever it is called and wherever it stands."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from crm.core.money import Unit, unit_named


class Field(StrEnum):
    """What a column holds. The values also name fields in problems and messages."""

    SEQUENCE = "sequence"
    TITLE = "title"
    INVESTOR = "investor"
    INVESTOR_CATEGORY = "investor_category"
    CONTENT = "content"
    CHAIN = "chain"
    SEGMENT = "segment"
    CHAIN_AND_SEGMENT = "chain_and_segment"
    CAPITAL_ORIGIN = "capital_origin"
    TOTAL_INVESTMENT = "total_investment"
    PHASE_ONE = "phase_one"
    FIXED_ASSETS = "fixed_assets"
    FOREIGN_CAPITAL = "foreign_capital"
    ANNUAL_REVENUE = "annual_revenue"
    ZONE = "zone"
    LAND = "land_mu"
    SOURCE = "source"
    FIRST_TALK_UNIT = "first_talk_unit"
    DEPARTMENT = "department"
    OWNER = "owner"
    OWNER_PHONE = "owner_phone"
    SPONSOR_LEADER = "sponsor_leader"
    FIRST_CONTACT_ON = "first_contact_on"
    STAGE = "stage"
    LATEST_PROGRESS = "latest_progress"
    ISSUES = "issues"
    NEXT_ACTION = "next_action"
    NEXT_ACTION_ON = "next_action_on"
    EXPECTED_SIGN_ON = "expected_sign_on"
    SIGNED_ON = "signed_on"
    REMARK = "remark"
    # Columns we know but do not read; a phone beside such a person is not the responsible person's.
    INVESTOR_CONTACT = "investor_contact"
    NOT_READ = "not_read"


AMOUNTS = frozenset(
    {
        Field.TOTAL_INVESTMENT,
        Field.PHASE_ONE,
        Field.FIXED_ASSETS,
        Field.FOREIGN_CAPITAL,
        Field.ANNUAL_REVENUE,
    }
)
DAYS = frozenset(
    {Field.FIRST_CONTACT_ON, Field.NEXT_ACTION_ON, Field.EXPECTED_SIGN_ON, Field.SIGNED_ON}
)
UNREAD = frozenset({Field.SEQUENCE, Field.INVESTOR_CONTACT, Field.NOT_READ})


class LandUnit(StrEnum):
    MU = "mu"
    SQUARE_METRE = "square_metre"
    HECTARE = "hectare"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header says: the field, the unit of bare numbers, and how sure the word is (1 = surest)."""

    field: Field
    unit: Unit | None = None
    land_unit: LandUnit | None = None
    rank: int = 1


_DAY = r"(?:时间|日期|日|年月|月份|时限|节点|时点|时间节点)"
_MAYBE_DAY = rf"{_DAY}?"
_P = r"(?:项目)?"
_PLANNED = r"(?:预计|拟|计划|预期|预定|力争|预估)"

# (field, rank, pattern of the whole header without brackets, blanks and unit). The first match
# wins, so the narrower meaning stands first. Rank 2 is a word that means this only if no surer
# column of the same field stands in the table.
_WORDS: tuple[tuple[Field, int, str], ...] = (
    (Field.SEQUENCE, 1, r"序号?|编号|项目编号|项目序号|no\.?|号|行号"),
    (
        Field.INVESTOR_CONTACT,
        1,
        r"(?:投资方|资方|企业|公司|客商|对方|投资商|投资人|意向方)"
        r"(?:项目)?(?:联系人|负责人|对接人|代表)?(?:及|和|、|/)?"
        r"(?:联系人|负责人|对接人|代表|联系方式|联系电话|电话|手机|职务)",
    ),
    (
        Field.NOT_READ,
        1,
        r"(?:实际)?(?:到账|到位|实际使用|实际利用|已到位)(?:外资|资金|内资).*"
        r"|(?:预计)?(?:年均?)?(?:产值|年产值|税收|年税收|纳税|亩均税收|就业|用能|能耗).*"
        r"|已?完成投资.*|投资强度|容积率|建筑面积|注册资本|统一社会信用代码|项目代码"
        r"|注册(?:时间|日期)|开工(?:时间|日期)|(?:预计|计划)(?:开工|注册|竣工|投产).*"
        r"|(?:竣工|投产)(?:时间|日期)|填报人|填报单位|填表.*",
    ),
    (
        Field.CHAIN_AND_SEGMENT,
        1,
        rf"(?:所属|主导)?{_P}(?:产业链|链条|产业)(?:名称)?[/、及和与\-](?:所属)?(?:产业链)?"
        r"(?:环节|细分环节|细分领域)",
    ),
    (
        Field.SEGMENT,
        1,
        r"(?:所属|所处)?(?:产业链)?(?:细分)?环节(?:名称)?|(?:产业|所属)?细分(?:领域|产业|赛道|行业|环节)"
        r"|产业链细分",
    ),
    (
        Field.CHAIN,
        1,
        rf"(?:所属|主导)?{_P}(?:产业链|产业链条|链条|产业集群)(?:名称|类别|归属)?"
        r"|(?:所属|主导)(?:产业|产业类别|产业领域)|产业(?:类别|分类|方向|领域|类型|门类|大类)",
    ),
    (
        Field.INVESTOR_CATEGORY,
        1,
        r"(?:投资方|投资主体|投资商|企业|投资企业|投资者)(?:的)?(?:类别|类型|性质|属性|资质|荣誉|背景)"
        r"|是否.*(?:500强|五百强|央企|上市|专精特新).*",
    ),
    (
        Field.TITLE,
        1,
        r"(?:(?:在谈|签约|重点|招商|拟引进|引进|意向|储备|落地|洽谈|在建|招商引资)*项目)(?:名称|名|全称)?"
        r"|project(?:name)?",
    ),
    (Field.TITLE, 2, r"名称|(?:项目)?标题"),
    (
        Field.INVESTOR,
        1,
        r"(?:主要|拟|意向|外来)?(?:投资方|投资主体|投资企业|投资单位|投资商|投资人|投资者|投资公司)(?:名称|全称|企业名称)?"
        r"|客商(?:名称|企业)?|investor",
    ),
    (
        Field.INVESTOR,
        2,
        r"(?:引进|意向|合作|落地|洽谈|项目)?(?:企业|公司|单位)(?:名称|全称)|(?:引进|意向|合作)(?:企业|公司|方)"
        r"|项目业主|建设单位|项目单位|项目主体|企业",
    ),
    (
        Field.CONTENT,
        1,
        rf"{_P}(?:主要)?(?:建设|投资|项目|合作|主营)(?:内容|规模|概况|简介|情况简介)"
        rf"(?:及|和|与|、|/)?(?:建设)?(?:规模|内容)?|{_P}(?:概况|简介|基本情况|内容|介绍|情况)",
    ),
    (
        Field.CAPITAL_ORIGIN,
        1,
        r"内[/、]?外资(?:类型|别)?|内资[/、或]外资|资金(?:性质|属性)|资本(?:性质|类型)|内外资属性",
    ),
    (
        Field.PHASE_ONE,
        1,
        r"(?:其中)?[:,]?(?:一期|首期|第一期)(?:项目|工程)?(?:总?投资|计划投资|投资额)(?:额|规模|金额)?",
    ),
    (
        Field.FIXED_ASSETS,
        1,
        r"(?:其中)?[:,]?(?:计划|拟|项目)?(?:固投|固资|固定资产|固定资产投资|固投资)(?:投资)?(?:额|总额|金额|规模)?",
    ),
    (
        Field.FOREIGN_CAPITAL,
        1,
        r"(?:其中)?[:,]?(?:拟|计划|预计|协议|合同|约定)?(?:协议|合同)?(?:利用外资|使用外资|外资)(?:额|金额|规模|总额)?",
    ),
    (
        Field.TOTAL_INVESTMENT,
        1,
        rf"{_P}(?:计划|拟|预计|意向|协议|合同|约定|估算)?(?:总投资|投资总额|总投资额|投资总规模)(?:额|金额|规模)?",
    ),
    (
        Field.TOTAL_INVESTMENT,
        2,
        rf"{_P}(?:计划|拟|预计|意向|协议|合同|约定|估算)?投资(?:额|金额|规模|额度)?|{_P}规模",
    ),
    (
        Field.ANNUAL_REVENUE,
        1,
        r"(?:预计|预期|达产后?|计划)*(?:年|年均|年度)?(?:营业?收入|营收|销售收入|主营业务收入|营业额|销售额)",
    ),
    (
        Field.LAND,
        1,
        rf"{_P}(?:拟|计划|需求|需|意向|预计|申请)?(?:用地|占地|土地|供地)(?:面积|需求|规模|指标|情况)?"
        r"(?:[/、及和](?:楼宇|厂房|载体|建筑)(?:面积|需求)?)?",
    ),
    (
        Field.ZONE,
        1,
        rf"{_P}(?:拟|意向|计划|预)?(?:选址|落地|落户|落位)(?:位置|地点|区域|园区|组团|载体|地|情况)?"
        r"(?:[/、](?:组团|街道|园区|载体|镇街))*|(?:所在|所属)?(?:组团|片区)|建设地点|项目地点|所在园区",
    ),
    (
        Field.SOURCE,
        1,
        rf"{_P}(?:信息|线索|招商)?(?:来源|渠道)|引荐人(?:[/、](?:信息)?来源)?|招(?:商|引)方式|信息(?:来源|渠道)"
        r"|(?:推荐|引荐)(?:单位|人|方)|(?:信息)?来源(?:渠道)?",
    ),
    (
        Field.FIRST_TALK_UNIT,
        1,
        r"(?:首谈|首报|首洽|首次洽谈|首次对接)(?:责任)?(?:单位|部门|地|方|主体)|首谈",
    ),
    (
        Field.OWNER_PHONE,
        1,
        r"(?:责任人|负责人|跟进人|经办人|具体负责人|服务专员|联络人)(?:的)?(?:联系)?(?:电话|方式|手机|手机号)(?:号码)?",
    ),
    (Field.OWNER_PHONE, 2, r"(?:联系)?(?:电话|手机)(?:号码|号)?|联系方式|手机号码?"),
    (
        Field.SPONSOR_LEADER,
        1,
        r"(?:包挂|包联|包保|挂包|帮包|包抓|包靠|包帮|联系|联挂|挂联|牵头|分管|责任|推进|挂帅|领衔)(?:区|市|县)?(?:级)?领导"
        r"|(?:区|市|县)(?:级)?(?:包挂|包联|包保|联系|牵头|分管|责任|挂包|帮包)?领导",
    ),
    (
        Field.DEPARTMENT,
        1,
        r"(?:主要|具体|招商|牵头)?(?:责任|牵头|主责|承办|包保|跟进|跟踪|招引|落实|推进|招商|服务|对接|经办)"
        r"(?:责任)?(?:单位|部门|主体|科室)",
    ),
    (
        Field.OWNER,
        1,
        r"(?:具体|直接|招商|项目)?(?:责任人|跟进人|跟踪人|经办人|承办人|负责人|跟进负责人|包保责任人|服务专员|招商专员|项目专员|专员|联络员)"
        r"(?:姓名)?(?:(?:及|和|、|/)(?:联系)?(?:电话|方式|联系方式|联系电话|手机))?",
    ),
    (
        Field.OWNER,
        2,
        r"(?:项目)?联系人(?:姓名)?(?:(?:及|和|、|/)(?:联系)?(?:电话|方式|联系方式|联系电话|手机))?|姓名",
    ),
    (
        Field.NEXT_ACTION_ON,
        1,
        rf"(?:下次|下一次|下步|下一步)(?:跟进|对接|联系|拜访|洽谈|推进|行动|工作|计划)?(?:完成|计划)?{_DAY}"
        r"|(?:完成|办结)时限|(?:计划)?跟进(?:时间|日期|时限)",
    ),
    (
        Field.EXPECTED_SIGN_ON,
        1,
        rf"{_PLANNED}{{1,2}}(?:可|能)?(?:正式)?(?:签约|签订|签署)(?:合同|协议)?{_MAYBE_DAY}",
    ),
    (
        Field.SIGNED_ON,
        1,
        rf"(?:正式|实际)?(?:签约|(?:合同|协议|正式合同)签[订约署]|签[订署](?:合同|协议|正式合同)?){_DAY}",
    ),
    (
        Field.FIRST_CONTACT_ON,
        1,
        rf"(?:首次|初次|第一次|最早|首)(?:对接|接洽|接触|洽谈|谈|联系|拜访|会面){_MAYBE_DAY}"
        rf"|(?:对接|接洽){_DAY}",
    ),
    (
        Field.STAGE,
        1,
        rf"{_P}(?:当前|目前|所处|现处|推进|洽谈|进展|现)?(?:所处)?(?:阶段|状态)(?:情况)?|stage",
    ),
    (
        Field.ISSUES,
        1,
        rf"(?:目前|{_P})?(?:存在|面临|主要)?(?:的)?(?:主要)?(?:问题|困难|难点|堵点)"
        r"(?:(?:及|和|、|/|与)?(?:需|须)?(?:要)?(?:协调|解决)?(?:解决)?(?:的)?(?:事项|问题|困难|诉求))?"
        r"|(?:需|须)(?:要)?(?:协调|解决)(?:的)?(?:事项|问题)",
    ),
    (
        Field.NEXT_ACTION,
        1,
        r"(?:下步|下一步|下阶段|下一阶段)(?:工作|推进|跟进)?(?:计划|打算|安排|措施|举措|工作|建议|重点|思路)*"
        r"(?:(?:及|和|、)(?:完成)?(?:时限|时间))?|工作计划|推进计划",
    ),
    (
        Field.LATEST_PROGRESS,
        1,
        rf"{_P}(?:最新|目前|当前|本周|本月|近期|工作|推进|洽谈|项目|截至目前|现阶段)*(?:进展|进展情况|推进情况|工作进展|进度)(?:情况)?",
    ),
    (Field.REMARK, 1, r"备注(?:说明|信息|情况)?|说明|其他(?:说明|情况)?|注"),
)
_COMPILED = tuple((meant, rank, re.compile(pattern)) for meant, rank, pattern in _WORDS)

_BRACKETS = re.compile(r"[(\[【{〔]([^()\[\]【】{}〔〕]*)[)\]】}〕]")
_TAIL_UNIT = re.compile(
    r"[/:,、\-]?((?:百万|千万|亿|万|千)?(?:元|美元|美金|港元|港币|欧元)(?:人民币)?)$"
)
_LAND_UNITS = {
    "亩": LandUnit.MU,
    "m2": LandUnit.SQUARE_METRE,
    "平方米": LandUnit.SQUARE_METRE,
    "平米": LandUnit.SQUARE_METRE,
    "平方": LandUnit.SQUARE_METRE,
    "公顷": LandUnit.HECTARE,
}
_PLANNED_NOTE = re.compile(_PLANNED)
_LONGEST_HEADER = 40
_Named = TypeVar("_Named")


def plain_header(text: str) -> str:
    """A header with width, case, blanks, line breaks and marks of duty (*) taken away."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(folded.split()).strip("*:·.;").replace("\\", "/")


def meaning_of(text: str) -> Meaning | None:
    """What one header text means, or None when no field is known by that word."""
    label = plain_header(text)
    if not label or len(label) > _LONGEST_HEADER:
        return None
    notes = _BRACKETS.findall(label)
    bare = _BRACKETS.sub("", label).strip("*:/、,")
    unit = _one([unit_named(note) for note in notes])
    land_unit = _one([_LAND_UNITS.get(note.removeprefix("单位:")) for note in notes])
    tail = _TAIL_UNIT.search(bare)
    if tail and tail.start() > 0:
        bare = bare[: tail.start()]
        unit = unit or unit_named(tail.group(1))
    for meant, rank, pattern in _COMPILED:
        if pattern.fullmatch(bare):
            if meant is Field.SIGNED_ON and any(_PLANNED_NOTE.search(note) for note in notes):
                meant = Field.EXPECTED_SIGN_ON  # 签约时间（预计）
            if meant in AMOUNTS:
                return Meaning(meant, unit=unit, rank=rank)
            if meant is Field.LAND:
                return Meaning(meant, land_unit=land_unit, rank=rank)
            return Meaning(meant, rank=rank)
    return None


def unit_of(text: str) -> Unit | None:
    """The unit a group header gives to the columns under it: 投资情况（亿元）."""
    return _one([unit_named(note) for note in _BRACKETS.findall(plain_header(text))])


def _one(found: list[_Named | None]) -> _Named | None:
    """The only thing found; two different ones leave it open."""
    distinct = {item for item in found if item is not None}
    return distinct.pop() if len(distinct) == 1 else None
