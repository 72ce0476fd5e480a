"""The words ledgers use for a stage. A word nobody knows is asked, never guessed."""

import unicodedata

from crm.leads.rules.stages import Stage

_WORDS: dict[Stage, tuple[str, ...]] = {
    Stage.LEAD: ("线索", "招商线索", "信息", "项目信息", "意向", "意向项目"),
    Stage.CONTACTED: ("对接", "初步接洽", "首次对接", "接触", "初步对接", "初步接触", "接洽"),
    Stage.NEGOTIATING: (
        "洽谈",
        "在谈",
        "深入洽谈",
        "磋商",
        "跟进",
        "深度洽谈",
        "实质洽谈",
        "商务洽谈",
        "谈判",
    ),
    Stage.REVIEWED: ("评审", "会审", "预审", "联审", "联合评审", "联合会审", "项目评审"),
    Stage.PRE_SIGNING: (
        "拟签约",
        "待签约",
        "协议拟定",
        "即将签约",
        "框架签约",
        "框架协议",
        "签订框架协议",
        "意向协议",
        "签订意向协议",
        "意向签约",
    ),
    Stage.SIGNED: ("签约", "正式签约", "合同签订", "签订合同", "签订正式合同", "签约项目"),
    Stage.REGISTERED: ("注册", "落户", "工商登记", "注册落户", "工商注册", "注册登记"),
    Stage.STARTED: ("开工", "在建", "续建", "开工建设", "入驻", "纳税", "纳统"),
    Stage.OPERATING: ("投产", "运营", "竣工投产", "投产运营", "投入运营"),
    Stage.PARKED: ("暂缓", "搁置", "暂停", "暂缓推进", "暂停推进"),
    Stage.LOST: ("终止", "失败", "流失", "终止洽谈", "洽谈失败"),
    Stage.TRANSFERRED: ("流转", "移交", "转出", "移交他区"),
}
_BY_WORD = {word: stage for stage, words in _WORDS.items() for word in words} | {
    stage.value.casefold(): stage for stage in Stage
}
_BEFORE = ("目前处于", "处于", "已经", "已")
_AFTER = ("阶段", "状态", "了", "项目")
_UNDER_WAY_BEFORE = "正在"
_UNDER_WAY_AFTER = "中"
# 正在签约 and 注册中 say that it has not happened yet.
_DONE_OR_NOT = frozenset({Stage.SIGNED, Stage.REGISTERED})


def stage_of(word: str) -> Stage | None:
    """The stage a ledger's word means (在谈, 已签约, 洽谈阶段), or None for a word nobody knows."""
    text = "".join(unicodedata.normalize("NFKC", word).casefold().split())
    under_way = False
    while text not in _BY_WORD:
        shorter = _without_wrapping(text)
        if shorter == text:
            if not text.startswith(_UNDER_WAY_BEFORE) and not text.endswith(_UNDER_WAY_AFTER):
                return None
            shorter = text.removeprefix(_UNDER_WAY_BEFORE).removesuffix(_UNDER_WAY_AFTER)
            under_way = True
        text = shorter
    stage = _BY_WORD[text]
    return None if under_way and stage in _DONE_OR_NOT else stage


def _without_wrapping(text: str) -> str:
    for prefix in _BEFORE:
        if text.startswith(prefix):
            return text[len(prefix) :]
    for suffix in _AFTER:
        if text.endswith(suffix):
            return text[: -len(suffix)]
    return text
