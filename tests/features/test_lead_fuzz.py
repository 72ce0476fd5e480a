"""Whatever is sent to the forms of leads: words beside the field, never a failing page."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.leads import forms
from tests.leads import registered

pytestmark = pytest.mark.usefixtures("verdicts_stay_true")

JUNK = st.one_of(
    st.sampled_from(
        [
            "", " ", "0", "-1", "9" * 400, "1e999", "NaN", "Infinity", "-5亿", "\x00", "a\x00b",
            "😀" * 40, "字" * 10_000, "2026-02-30", "0001-01-01", "9999-12-31", "true", "null",
            "[]", "{}", "' OR 1=1 --", "<script>", "%s%n", "=1+1", "999999999999999999",
            "\u202e反", "一", "约", "5亿-3亿", "formal", "SIGNED", "LOST", "land", "y", "yes",
        ]
    ),
    st.text(max_size=60),
    st.integers().map(str),
    st.dates().map(str),
)  # fmt: skip

PAGES = {
    "new": forms.EntryForm,
    "{lead}/edit": forms.EditForm,
    "{lead}/advance": forms.MoveForm,
    "{lead}/milestone": forms.MilestoneForm,
    "{lead}/figures/new": forms.FigureForm,
    "{lead}/activities/new": forms.ActivityForm,
    "{lead}/papers/new": forms.PaperForm,
    "{lead}/hand-over": forms.HandOverForm,
    "{lead}/sensitivity": forms.SensitiveForm,
    "{lead}/screening": forms.ScreeningForm,
}


def names_of(form):
    return [name for name in dir(form) if hasattr(getattr(form, name), "field_class")]


@pytest.mark.parametrize("page", PAGES)
def test_junk_in_any_field_is_answered_with_words(sign_in, page):
    staff = sign_in("staff", "药山街道")
    address = f"/leads/{page}".format(lead=registered(staff))
    names = [*names_of(PAGES[page]), "nobody_knows_this"]
    good = {
        "title": "项目", "source": "展会", "investor": "某公司", "kind": "registered",
        "summary": "谈", "happened_on": "2026-11-01", "screening_result": "可",
        "screened_on": "2026-11-01", "amount": "5亿", "as_of": "2026-11-01",
    }  # fmt: skip

    @settings(
        max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.dictionaries(st.sampled_from(names), JUNK, max_size=6), st.booleans())
    def send(data, is_otherwise_good):
        sent = {**good, **data} if is_otherwise_good else data
        answer = staff.post(address, data=sent)
        assert answer.status_code in {302, 400, 404, 409, 413, 422}, (answer.status_code, sent)

    send()


@pytest.mark.parametrize(
    "query", ["q=%00", "q=" + "字" * 3000, "q=%ff%fe", "q=%25_", "to=X", "kind=%00", "enterprise=x"]
)
def test_junk_in_an_address_is_no_failure_either(sign_in, query):
    staff = sign_in("staff", "药山街道")
    lead_id = registered(staff)
    for path in ("entry", "new", "activities/new", f"{lead_id}/advance", f"{lead_id}/milestone"):
        assert staff.get(f"/leads/{path}?{query}").status_code < 500, path


def test_a_file_where_words_are_expected_and_words_where_a_file_is(sign_in):
    staff = sign_in("staff", "药山街道")
    lead_id = registered(staff)
    answer = staff.post("/leads/new", data={"title": (io.BytesIO(b"x"), "x.pdf")})
    assert answer.status_code == 422
    answer = staff.post(f"/leads/{lead_id}/papers/new", data={"kind": "permit", "file": "words"})
    assert answer.status_code == 422
