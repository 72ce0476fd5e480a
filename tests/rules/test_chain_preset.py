"""The chains a district starts with: data of the district, and sound."""

import csv
import json
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from crm.chains.rules import LEAST_WEIGHT, MOST_WEIGHT, SegmentLayout, Tier

ROOT = Path(__file__).resolve().parents[2]
PRESETS = sorted((ROOT / "crm" / "presets").glob("*/chains.json"))
CLASSIFICATION = ROOT.parent / "shared" / "data" / "gbt4754_2017.csv"


@pytest.fixture(scope="module", params=PRESETS, ids=lambda path: path.parent.name)
def preset(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


@pytest.fixture
def segments(preset):
    chains = [*preset["chains"], *preset["future_tracks"]]
    return [segment for chain in chains for segment in chain["segments"]]


def test_codes_stand_once_and_names_have_an_english_without_slashes(preset, segments):
    named = [*preset["chains"], *preset["future_tracks"], *preset["official_groups"], *segments]
    assert [code for code, n in Counter(each["code"] for each in named).items() if n > 1] == []
    assert [each["code"] for each in named if not each.get("gloss") or "/" in each["gloss"]] == []
    assert [
        each["code"] for each in named if len(each["name"]) > 60 or len(each["gloss"]) > 120
    ] == []


def test_every_segment_says_by_which_words_and_codes_it_is_known(segments):
    for segment in segments:
        words, codes = segment["keywords"], segment["industry_codes"]
        assert 3 <= len(set(words)) == len(words) <= 10, segment["code"]
        assert all(len(word) >= 2 for word in words), segment["code"]
        assert codes
        assert all(code.isdigit() and 2 <= len(code) <= 4 for code in codes)
        assert "tier" not in segment or Tier(segment["tier"])
        assert SegmentLayout(segment.get("layout", "focus"))
        assert LEAST_WEIGHT <= segment.get("weight", LEAST_WEIGHT) <= MOST_WEIGHT


def test_industry_codes_are_of_the_national_classification(segments):
    if not CLASSIFICATION.exists():
        pytest.skip("the classification of shared/data is not beside this checkout")
    with CLASSIFICATION.open(encoding="utf-8", newline="") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    assert {code for each in segments for code in each["industry_codes"]} - known == set()


def test_links_and_groups_name_segments_and_no_link_leads_back(preset, segments):
    codes = {segment["code"] for segment in segments}
    pairs = [(link["from"], link["to"]) for link in preset["links"]]
    assert {code for pair in pairs for code in pair} <= codes
    assert {code for group in preset["official_groups"] for code in group["segments"]} <= codes
    assert len(set(pairs)) == len(pairs)
    feeding = TopologicalSorter()
    for start, end in pairs:
        feeding.add(end, start)
    feeding.prepare()  # raises CycleError


def test_every_example_has_the_name_it_is_registered_under(preset, segments):
    marks = "|".join(preset["marks"])
    examples = {each for segment in segments for each in segment["examples"]}
    bare = {each[:-3] if each[-3:-2] == "(" and each[-2] in marks else each for each in examples}
    assert bare == set(preset["registered"])
