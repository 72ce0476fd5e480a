"""The style guide of development: every macro with lifelike content, its empty and its wrong states."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Flask, render_template, request
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from crm.core.guard import PUBLIC, allow

bp = Blueprint("styleguide", __name__, url_prefix="/styleguide")


def _choices(*words: str) -> list[SelectChoice]:
    return [SelectChoice(value=word, label=word) for word in words]


class SampleForm(Form):
    """One field of every kind; the sample district's words stand as they would in the product."""

    title = StringField("项目名称", [InputRequired()])  # 原文
    investor = StringField(
        "投资方", [InputRequired()], description="公司全称，未知可先填“未知投资方”"
    )  # 原文
    amount = StringField(
        "协议总投资", [InputRequired()], description="可填50亿、5.2亿、3000万美元"
    )  # 原文
    signed_on = DateField("合同签订日")  # 原文
    chain = SelectField("产业链", choices=_choices("请选择", "新能源汽车", "生物医药"))  # 原文
    path = RadioField("落地方式", choices=_choices("供地", "载体", "总部"))  # 原文
    marks = SelectMultipleField("项目属性", choices=_choices("实体", "增资扩产"))  # 原文
    note = TextAreaField("情况说明")  # 原文
    paper = FileField("合同扫描件", description="PDF或图片，不超过20 MB")  # 原文
    is_sensitive = BooleanField("敏感项目，仅指定人员可见")  # 原文


@bp.get("")
@allow(PUBLIC)
def show() -> str:
    """All of it on one page; `?part=bare` and `?part=document` show the other two layouts."""
    part = request.args.get("part", "frame")
    wrong = SampleForm(title="宁德时代新能源动力电池生产基地（二期）", amount="50")  # 原文
    wrong.title.data = "宁德时代新能源动力电池生产基地（二期）"  # 原文
    wrong.amount.errors = ["缺单位，请写成50亿或50亿元"]  # 原文
    wrong.signed_on.errors = ["缺合同签订日，补上即可提交认定"]  # 原文
    wrong.path.errors = ["请选择落地方式"]  # 原文
    return render_template(
        "shared/styleguide.html",
        part=part if part in {"frame", "bare", "document"} else "frame",
        form=SampleForm(),
        wrong=wrong,
        day_of_sample=date(2026, 11, 23),
        rows=SAMPLE_ROWS,
        sample_pick=lambda row: row[0],
        sort={"by": "amount", "descending": True, "url": lambda key: f"?sort={key}"},
        navigation=_navigation(),
        inbox_count=12,
        current_user=SimpleNamespace(
            is_authenticated=True,
            name="李梅",
            department_name="投资促进一科",  # 原文
        ),
    )


def _navigation() -> list[dict[str, Any]]:
    entries = (
        ("home", "工作台", None),  # 原文
        ("briefcase", "项目库", None),  # 原文
        ("building", "企业", None),  # 原文
        ("sitemap", "产业链", None),  # 原文
        ("target-arrow", "指标", None),  # 原文
        ("bell", "提醒", 12),  # 原文
        ("report", "报表", None),  # 原文
        ("settings", "管理", None),  # 原文
    )
    return [
        {
            "endpoint": "styleguide.show",
            "label": label,
            "icon": icon,
            "active": icon == "briefcase",
            "count": count,
        }
        for icon, label, count in entries
    ]


SAMPLE_ROWS = (
    (
        "宁德时代新能源动力电池生产基地（二期）",
        "宁德时代新能源科技股份有限公司",
        "洽谈",
        "50",
        "2026-11-25",
        "red",
        "pending",
        "王建国",
    ),  # 原文
    (
        "国药集团华南生物制品研发与生产总部项目",
        "国药控股股份有限公司",
        "签约",
        "12.6",
        "2026-11-28",
        "green",
        "counts",
        "李梅",
    ),  # 原文
    (
        "中车株洲所轨道交通功率半导体封装测试线",
        "中车株洲电力机车研究所有限公司",
        "评审",
        "8.35",
        "2026-12-04",
        "yellow",
        "pending",
        "欧阳思琪",
    ),  # 原文
    ("某外资精密光学镜头扩产", "", "线索", "", "", "none", "no", "张伟"),  # 原文
    (
        "顺丰南方智慧供应链枢纽及区域结算总部",
        "深圳顺丰泰森控股（集团）有限公司",
        "拟签约",
        "5.2",
        "2026-12-15",
        "green",
        "no",
        "陈晓明",
    ),  # 原文
)


def register_styleguide(app: Flask) -> None:
    """Mounted by the factory in development only."""
    app.register_blueprint(bp)
