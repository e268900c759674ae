"""In what a version differs from the one before, as its page says it."""

from datetime import date
from typing import Any

import pytest

from training_tracker.catalogue.evidence import Strength
from training_tracker.expectations.differing import Told, differences
from training_tracker.expectations.models import ExpectationVersion, Measure, Method, Setting

SAME: dict[str, Any] = {
    "effective_from": date(2026, 1, 1),
    "required": True,
    "target_percent": 90,
    "first_due_days": 30,
    "return_notice_days": 30,
    "grace_days": 0,
    "amount": 1,
    "measure": Measure.ITEMS,
    "method": Method.COMPLETION,
    "period_months": 36,
    "anchor_on": None,
    "least_validity_months": 0,
    "renewal_window_months": 3,
    "current_version_only": False,
    "least_strength": Strength.SELF_DECLARED,
    "refresher_months": None,
    "participatory_percent": None,
    "people_in_setting": None,
    "setting": Setting.AGENCY,
}


def told(titles: str = "A", refreshers: str = "", who: str = "Everybody", **parts: Any) -> Told:
    return Told(ExpectationVersion(**SAME | parts), titles.split(), refreshers.split(), who.split("; "))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, ()),
        ({}, {"effective_from": date(2027, 1, 1)}, ()),
        (
            {},
            {"titles": "A B"},
            ("Counts now: “B”.", "It asks for 1 of what counts, before for the one thing that counts."),
        ),
        (
            {"titles": "A B", "amount": 2},
            {"titles": "A C", "amount": 2},
            ("Counts now: “C”.", "Counts no longer: “B”."),
        ),
        ({}, {"refreshers": "R"}, ("Renews it now: “R”.",)),
        (
            {"measure": Measure.HOURS, "amount": 6},
            {"measure": Measure.HOURS, "amount": 8, "participatory_percent": 50},
            (
                "It asks for 8 hours, before for 6 hours.",
                "Of the hours: at least 4 of them participatory.",
            ),
        ),
        ({}, {"period_months": 12}, ("Every year, before every 3 years.",)),
        ({}, {"method": Method.ONCE, "period_months": None}, ("Once, before every 3 years.",)),
        (
            {},
            {"method": Method.CYCLE, "period_months": 12, "anchor_on": date(2027, 8, 31)},
            ("Once in each year that ends on 31 August, before every 3 years.",),
        ),
        ({}, {"first_due_days": 1}, ("The first time within 1 day, before 30 days.",)),
        ({}, {"grace_days": 14}, ("14 days of grace after it lapses, before 0 days.",)),
        ({}, {"return_notice_days": 60}, ("60 days after long leave, before 30 days.",)),
        ({}, {"refresher_months": 24}, ("A refresher counts for 24 months after the full course.",)),
        ({"refresher_months": 24}, {}, ("A refresher counts however long ago the full course was.",)),
        ({}, {"who": "Nurse; Midwife"}, ("Now of: Nurse; Midwife.", "No longer of: Everybody.")),
        ({}, {"required": False}, ("Recommended now, before required.",)),
        (
            {"required": False},
            {"target_percent": 95.5},
            ("Required now, before recommended.", "The target is 95.5%, before 90%."),
        ),
        (
            {},
            {"least_strength": Strength.CERTIFICATE_SEEN},
            ("Evidence has to be at least as good as: certificate seen; before: self-declared.",),
        ),
        ({"least_strength": Strength.CERTIFICATE_SEEN}, {}, ("People’s own word is enough now.",)),
        ({}, {"people_in_setting": 2, "setting": Setting.TEAM}, ("Each team needs 2 who have it.",)),
        ({"people_in_setting": 2}, {}, ("It is asked of each person, no longer of so many in a setting.",)),
        (
            {},
            {"current_version_only": True, "method": Method.ONCE, "period_months": None},
            (
                "It asks for each current version to be acknowledged, before for the one thing that counts.",
                "Again whenever a new version comes into force, before every 3 years.",
            ),
        ),
    ],
)
def test_each_difference_is_a_sentence(before: dict[str, Any], after: dict[str, Any], said: tuple[str, ...]) -> None:
    assert differences(told(**before), told(**after)) == said
