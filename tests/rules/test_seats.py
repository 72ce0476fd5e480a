"""In which administrative division a company has its seat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.enterprises.rules.regions import CITIES, PROVINCES
from crm.enterprises.rules.seats import (
    division_named,
    is_division,
    names_of_division,
    read_division,
    seat_of,
)


@pytest.mark.parametrize(
    ("typed", "uscc", "name", "address", "code"),
    [
        ("370105", "914403001922038216", "深圳甲有限公司", None, "370105"),  # typed holds
        (None, "914403001922038216", "济南甲有限公司", None, "440300"),  # then the credit code
        (None, "91110000710926094P", "甲有限公司", None, "110000"),
        (None, "91100000100003962T", "济南甲有限公司", None, "370100"),  # the state's own office
        (None, "91370000710926094P", "济南甲有限公司", None, "370100"),  # the province's office
        (None, "91370000710926094P", "甲有限公司", "山东省青岛市市南区1号", "370200"),
        (None, "91370000710926094P", "上海甲有限公司", None, "370000"),
        (None, None, "建邦胶体材料（山东）有限公司", "济南市天桥区桑梓店", "370100"),
        (None, None, "上海电气（济南）有限公司", None, "370100"),
        (None, None, "甲（中国）投资有限公司", "北京市朝阳区1号", "110000"),
        (None, None, "甲有限公司", "吉林省吉林市1号", "220200"),
        (None, None, "吉林甲有限公司", None, "220000"),
        (None, None, "莱芜钢铁集团", None, "370116"),
        (None, None, "中山路餐饮有限公司", None, None),  # a brand, not the city
        (None, None, "甲有限公司", "北京东路5号", None),  # a road, not the city
        (None, None, "甲有限公司", "济南市北京路5号", "370100"),
        (None, None, "山东路桥集团有限公司", None, "370000"),
        (None, None, "甲有限公司", "青海省海南藏族自治州1号", "630000"),
        (None, None, "Siemens AG", "Munich", None),
        (None, None, None, None, None),
    ],
)
def test_the_seat_is_what_was_typed_else_the_code_else_the_names(typed, uscc, name, address, code):
    assert seat_of(typed, uscc, name, address) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("３７０１０５", "370105"),
        ("济南", "370100"),
        ("山东省济南市", "370100"),
        ("山东", "370000"),
        ("江苏省苏州市昆山市", "320500"),
        ("浙江省义乌市", "330000"),
        ("上海市浦东新区", "310000"),
        ("济南市莱芜区", "370116"),
        ("内蒙古自治区阿拉善盟阿拉善左旗", "152900"),
        ("海南省", "460000"),
        ("海南藏族自治州", None),
        ("昆山市", None),
        ("济南附近", None),
        ("990101", None),
        ("37010", None),
        ("", None),
    ],
)
def test_a_person_writes_a_code_or_a_name(text, code):
    assert read_division(text) == code


def test_the_table_holds_every_province_and_names_lead_back_to_their_codes():
    assert len(PROVINCES) == 34
    assert len(CITIES) == 337
    for name, code in (*PROVINCES.items(), *CITIES.items()):
        assert is_division(code), name
        assert division_named(f"{name}市") in {code, "220200"}, name
    assert names_of_division("370105") == ("山东", "济南")
    assert names_of_division("110108") == ("北京",)
    assert names_of_division("220200") == ("吉林", "吉林市")
    assert names_of_division(None) == ()


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_written_the_seat_is_a_division_or_unknown(name, address):
    code = seat_of(None, None, name, address)
    assert code is None or is_division(code)
