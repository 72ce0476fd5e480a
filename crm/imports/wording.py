"""Words for the codes of ledger import: what is wrong at a cell, and what to do about it."""

from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from crm.core.money import Amount, Qualifier, format_amount
from crm.imports.rules import Field, Hint, MessageCode
from crm.imports.rules.facts import SUMS
from crm.leads.rules import Stage
from crm.leads.wording import WORDS as LEAD_WORDS

# By class first: members of two StrEnums with the same value are equal and would share one key.
WORDS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    MessageCode: {
        MessageCode.TITLE_MISSING: _l("没有项目名称，本行未导入；补上名称后重新导入"),
        MessageCode.INVESTOR_FORMULA: _l("投资方是公式而不是名称，本行未导入；请改为企业全称"),
        MessageCode.DUPLICATE_OF_PREVIOUS: _l("与本表前面一行的项目和投资方相同，本行未导入"),
        MessageCode.STAGE_UNKNOWN: _l("不认识这个阶段用语，请选择对应的阶段"),
        MessageCode.CHAIN_UNKNOWN: _l("产业链目录中没有这个名称，请选择所属产业链"),
        MessageCode.SEGMENT_UNKNOWN: _l("该产业链下没有这个环节，请选择所属环节"),
        MessageCode.AMOUNT_UNREADABLE: _l("看不出确切金额，请填写数字和单位，例如5.2亿元"),
        MessageCode.AMOUNT_WITHOUT_UNIT: _l("金额没有单位，请写明亿元或万元"),
        MessageCode.AMOUNT_OTHER_CURRENCY: _l("币种与本列不符，请核对"),
        MessageCode.AMOUNT_SUSPICIOUS: _l("金额大小不寻常，请核对单位"),
        MessageCode.DAY_UNREADABLE: _l("看不出确切日期，请按2026-11-23的样子填写"),
        MessageCode.LAND_UNREADABLE: _l("看不出用地面积，请填写数字和单位，例如60亩"),
        MessageCode.FORMULA_WITHOUT_VALUE: _l("公式没有结果，请改为数值或文字"),
        MessageCode.TEXT_TOO_LONG: _l("文字太长，请缩短"),
        MessageCode.OTHER_UNIT: _l("责任单位不是本单位，本行未导入；请由该单位或局领导导入"),
        MessageCode.REGISTERED_ELSEWHERE: _l("项目已由其他单位登记，本行未导入；请与该单位联系"),
        MessageCode.REGISTERED_SENSITIVE: _l("项目已有登记，本行未导入；请联系局领导"),
        MessageCode.SIGNED_BEFORE_STAGE: _l(
            "写了签约日期，但阶段还未到签约；请确认是否已签正式合同"
        ),
        MessageCode.DATES_ORDER: _l("签约日期早于首次对接时间，两个日期都已保留，请核对"),
        MessageCode.COLUMN_UNREAD: _l("本列不导入"),
        MessageCode.COLUMN_REPEATED: _l("本列与另一列含义相同，不导入"),
        MessageCode.SHEET_WITHOUT_LEDGER: _l("本工作表中没有找到台账表头，已跳过"),
        MessageCode.NO_LEDGER: _l("没有找到台账表头；至少要有项目名称或投资方等三列"),
    },
    Hint: {
        Hint.HEADQUARTERS: _l("可能是总部项目，请确认"),
        Hint.URBAN_RENEWAL: _l("可能是城市更新项目，请确认"),
        Hint.PHASE_TWO: _l("可能是二期项目，请确认"),
    },
    Field: {
        Field.SEQUENCE: _l("序号"),
        Field.TITLE: _l("项目名称"),
        Field.INVESTOR: _l("投资方"),
        Field.INVESTOR_CATEGORY: _l("投资方类别"),
        Field.CONTENT: _l("建设内容及规模"),
        Field.CHAIN: _l("所属产业链"),
        Field.SEGMENT: _l("所属环节"),
        Field.CHAIN_AND_SEGMENT: _l("所属产业链和环节"),
        Field.CAPITAL_ORIGIN: _l("内外资"),
        Field.TOTAL_INVESTMENT: _l("总投资"),
        Field.PHASE_ONE: _l("一期投资"),
        Field.FIXED_ASSETS: _l("固定资产投资"),
        Field.FOREIGN_CAPITAL: _l("利用外资"),
        Field.ANNUAL_REVENUE: _l("预计年营收"),
        Field.ZONE: _l("拟选址"),
        Field.LAND: _l("用地"),
        Field.SOURCE: _l("信息来源"),
        Field.FIRST_TALK_UNIT: _l("首谈单位"),
        Field.DEPARTMENT: _l("责任单位"),
        Field.OWNER: _l("责任人"),
        Field.OWNER_PHONE: _l("责任人电话"),
        Field.SPONSOR_LEADER: _l("包挂领导"),
        Field.FIRST_CONTACT_ON: _l("首次对接时间"),
        Field.STAGE: _l("阶段"),
        Field.LATEST_PROGRESS: _l("最新进展"),
        Field.ISSUES: _l("存在问题"),
        Field.NEXT_ACTION: _l("下步计划"),
        Field.NEXT_ACTION_ON: _l("下次跟进时间"),
        Field.EXPECTED_SIGN_ON: _l("预计签约时间"),
        Field.SIGNED_ON: _l("签约日期"),
        Field.REMARK: _l("备注"),
        Field.INVESTOR_CONTACT: _l("投资方联系人"),
        Field.NOT_READ: _l("不导入的列"),
    },
}


def fact_text(name: str, value: Any, locale: str, text: str | None = None) -> str:
    """A fact of a ledger as people read it; `text` is how it was written, if it is known.

    `name` is the field's, `value` as `crm.imports.rules.facts` keeps it; nothing is "".
    """
    if value is None:
        return ""
    if name == Field.STAGE.value:
        return str(LEAD_WORDS[Stage][Stage(value)])
    if name in _SUMS:
        units, currency, qualifier, upper = value
        amount = Amount(
            text or "", units, currency, Qualifier(qualifier) if qualifier else None, upper
        )
        return format_amount(amount, locale)
    if name == Field.SEGMENT.value:
        return text or str(value)
    return str(value)


_SUMS = frozenset(field.value for field in SUMS)
