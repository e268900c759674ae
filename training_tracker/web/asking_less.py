"""That an agency asks less than its partnership, told in the words of the form in which it asks."""

from training_tracker.errors import Refused
from training_tracker.expectations.tightening import AsksLess


def in_plain_words(refusal: Refused | None) -> Refused | None:
    """An agency that asks less than its partnership is told so in the words of the form."""
    if not isinstance(refusal, AsksLess):
        return refusal
    lines, fields = [], []
    for common, less in refusal.less:
        words, field = LESS[less.field] if less.field in LESS else (less.field.replace("_", " "), "counts")
        own, other = (IN_FORM.get(said, said) for said in (less.own, less.other))
        if less.field == "method":
            own, other = (
                how.replace("completion of", "every").replace("continuous of", "every") for how in (own, other)
            )
        lines.append(f"{common}: {words} is {own} here and {other} there")
        fields.append(field)
    problem = f"The partnership asks more of some of the same people. {'. '.join(dict.fromkeys(lines))}"
    return Refused(problem, "Ask at least as much, or leave it out: then the partnership’s minimum holds.", fields[0])


IN_FORM = {"true": "yes", "false": "no"}
# A field of a rule in the words of the form, with the field of the form that mends it.
LESS = {
    "first_due_days": ("the number of days for the first time", "due"),
    "return_notice_days": ("the number of days after long leave", "due"),
    "grace_days": ("the number of days of grace", "often"),
    "amount": ("how much is asked for", "much"),
    "target_percent": ("the target", "target"),
    "people_in_setting": ("how many people in a setting need it", "much"),
    "setting": ("the setting", "much"),
    "least_strength": ("the evidence", "strength"),
    "participatory_percent": ("how many hours are to be participatory", "number"),
    "required": ("whether it is required", "required"),
    "current_version_only": ("whether each new version is to be acknowledged", "much"),
    "period_months": ("the number of months", "months"),
    "least_validity_months": ("how long it holds", "often"),
    "method": ("how often", "often"),
    "refreshers": ("how many refreshers count", "counts"),
    "refresher_months": ("how long a refresher counts", "counts"),
}
