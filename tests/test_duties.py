"""Each duty of the plan, promise by promise, with the tests that prove it; none may be dropped.

The rows are those of the product's list of duties. A promise without a test, a test that is gone, and a duty
without promises fail here.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from reminders.rules.duties import DUTIES

ROOT = Path(__file__).resolve().parent

# duty → promise → tests (file::function) that name what it means.
PROVED: dict[int, dict[str, tuple[str, ...]]] = {
    1: {
        "25 entries exactly as printed in Annex 1": (
            "reminders/test_catalogue.py::test_catalogue_equals_annex_1_word_for_word",
            "portal/test_catalogue_commands.py::test_load_then_show_lists_the_25_entries",
        ),
        "all shapes of validity": ("reminders/rules/test_validity.py::test_every_shape_is_understood",),
        "responsible department and reminder method of each": (
            "reminders/test_catalogue.py::test_loading_shows_every_entry_with_its_five_facts",
            "portal/test_duties_desk.py::test_department_without_a_named_officer_stands_out",
            "reminders/test_officers.py::test_last_officer_is_not_closed",
            "reminders/test_officers.py::test_of_two_closings_at_once_one_is_refused",
        ),
        "adjusted as law changes": (
            "reminders/test_catalogue.py::test_a_changed_window_is_told_audited_and_moves_its_licenses",
            "reminders/test_catalogue.py::test_an_entry_gone_from_the_file_is_retired_and_comes_back",
        ),
        "public": ("portal/test_public_portal.py::test_catalogue_is_honest_about_what_is_not_confirmed",),
    },
    2: {
        "import as offices really send it": (
            "trips/test_ledger_trip.py::test_ledger_goes_in_out_and_in_again",
            "trips/test_ledger_trip.py::test_csv_saved_by_excel_in_china_is_read",
        ),
        "one license added, mended or cancelled without a sheet": (
            "portal/test_ledger_rows.py::test_new_license_needs_no_sheet",
            "portal/test_ledger_rows.py::test_phone_and_contact_change_and_are_undone",
        ),
        "columns exactly as in Annex 2, exported in the same form": (
            "reminders/test_ledger_export.py::test_form_is_that_of_annex_2_with_the_number_behind",
            "reminders/test_ledger_export.py::test_export_comes_back_unchanged",
            "portal/test_ledger_list.py::test_list_has_the_columns_of_annex_2_and_then_ours",
            "portal/test_ledger_list.py::test_exported_file_comes_back_unchanged",
        ),
        "the whole stock, and what expires within three months as a view of it": (
            "reminders/test_ledger_export.py::test_whole_stock_has_everything_but_cancelled",
            "reminders/test_ledger_export.py::test_window_leaves_out_what_expires_later_or_has_expired",
        ),
        "提醒日期 and 提醒人 from what was really done": (
            "reminders/test_ledger_export.py::test_reminded_on_and_by_say_what_was_really_done_last",
            "portal/test_call_duties.py::test_told_call_fills_reminded_on_and_by",
        ),
    },
    3: {
        "the method of each department is followed": (
            "reminders/test_channel_table.py::test_planner_chooses_as_the_rule_does",
        ),
        "业务系统自动提示": (
            "jobs/test_business_system.py::test_sender_puts_a_prompt_and_repeats_a_lost_one_under_the_same_id",
        ),
        "点对点函告": (
            "reminders/test_letter_batches.py::test_signing_numbers_letters_and_freezes_their_words",
            "portal/test_letter_batches.py::test_batch_goes_from_the_list_to_the_post",
            "portal/test_letters_desk.py::test_single_letter_leaves_only_with_the_signature_of_another",
        ),
        "人工电话通知": (
            "portal/test_call_duties.py::test_card_holds_the_script_with_the_five_facts_and_every_outcome",
            "portal/test_call_duties.py::test_three_tries_in_vain_become_a_letter",
            "reminders/test_worklist.py::test_call_is_tried_at_three_different_hours_and_then_becomes_a_letter",
            "portal/test_console_days.py::test_officer_calls_writes_and_answers",
        ),
        "短信提醒": ("jobs/test_sms_platforms.py::*",),
        "a named officer where a department calls, writes or texts": (
            "portal/test_home_desk.py::test_alarms_of_supervision_stand_on_the_first_page",
            "portal/test_duties_desk.py::test_department_without_a_named_officer_stands_out",
            "reminders/test_officers.py::test_last_officer_is_not_closed",
            "reminders/test_officers.py::test_of_two_closings_at_once_one_is_refused",
        ),
        "the ledger is checked against the SMS provider's format": (
            "reminders/test_sms_check.py::test_rows_are_named_with_their_reason",
        ),
    },
    4: {
        "the five facts, and no reminder without one of them": (
            "reminders/rules/test_facts.py::test_a_missing_fact_is_named",
            "reminders/test_planning.py::test_incomplete_kind_is_reported_and_planned_once_it_is_complete",
            "reminders/test_message_templates.py::test_what_lacks_a_fact_or_changes_nothing_is_refused",
            "reminders/test_worklist.py::test_call_tells_the_five_facts_of_every_license_of_a_person",
            "jobs/test_own_messages.py::test_wording_reaches_the_writers_own_phone_and_is_no_delivery",
        ),
        "a short channel links to the page that has all five": (
            "reminders/rules/test_wording.py::test_page_is_that_of_the_license_or_the_list",
            "wxbot/test_pages.py::test_reminder_link_leads_through_wechat_to_the_license",
        ),
        "appointment (预约)": ("wxbot/test_services.py::test_visit_is_booked_moved_kept_and_cancelled",),
        "assisted service (帮办代办)": (
            "wxbot/test_services.py::test_help_is_promised_and_its_state_is_seen",
            "portal/test_answers_desk.py::test_help_waits_with_its_promise_until_it_was_given",
        ),
    },
    5: {
        "warm reminder notices from the ledger by kind": (
            "reminders/test_notices.py::test_generated_notice_lists_companies_and_only_counts_persons",
        ),
        "on the government service site and the official account": (
            "trips/test_outlets_trip.py::test_notice_is_everywhere_once_in_time_and_gone_again",
        ),
        "owned by departments, office and supervising section": (
            "portal/test_console_days.py::test_general_office_writes_and_withdraws",
            "reminders/test_notices.py::test_author_cannot_publish_what_they_wrote",
        ),
    },
    6: {
        "dynamic catalogue": (
            "reminders/test_catalogue.py::test_a_changed_window_is_told_audited_and_moves_its_licenses",
        ),
        "periodic supervision of every department's ledger": (
            "reminders/test_supervision.py::test_figures_of_a_period_count_each_expiry_once",
            "portal/test_supervision_desk.py::test_sample_leads_to_an_order_that_the_department_answers",
            "reminders/test_alarms.py::test_department_without_ledger_rings_until_it_sends_one",
        ),
    },
    7: {
        "base data from the city e-license library": (
            "jobs/test_refresh.py::test_new_changed_renewed_and_cancelled_licenses_come_by_themselves",
            "jobs/test_refresh.py::test_lost_pages_are_read_again_and_counted_once",
            "portal/test_exchange_desks.py::test_library_shows_how_far_it_was_read_and_can_be_asked_for",
        ),
        "linked automatically to the SMS platform": (
            "jobs/test_refresh.py::test_phone_of_the_library_is_reminded_by_sms_with_nobody_in_between",
        ),
    },
    8: {
        "responsible department visible for each duty": (
            "portal/test_duties_desk.py::test_each_duty_names_its_departments_and_leads_to_its_pages",
        ),
        "training of officers": (
            "portal/test_practice.py::test_every_step_can_be_done_by_its_role_and_leaves_its_proof",
            "portal/test_handbook.py::test_every_page_of_the_console_has_its_chapter",
        ),
        "publicity": (
            "portal/test_publicity.py::test_code_is_that_of_the_account_and_never_another",
            "portal/test_publicity.py::test_each_prints_on_one_sheet",
        ),
        "renewal decisions pushed to the regulator at once, with receipt (审管联动)": (
            "jobs/test_share.py::test_renewal_is_told_with_its_receipt_and_only_once",
            "jobs/test_share.py::test_lost_answer_is_asked_for_again_and_counts_once",
            "jobs/test_share.py::test_late_answer_of_a_lost_claim_changes_nothing",
            "jobs/test_share.py::test_clock_rings_at_once_and_only_where_a_platform_is_named",
            "portal/test_exchange_desks.py::test_decision_is_followed_from_waiting_over_refusal_to_its_receipt",
        ),
    },
}


@cache
def found_in(name: str) -> frozenset[str]:
    """Functions of one file that pytest runs; those somebody gave up do not count."""
    path = ROOT / name
    if not path.is_file():
        return frozenset()
    found = [
        one for one in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(one, ast.FunctionDef)
    ]
    given_up = re.compile(r"pytest\.mark\.(skip|xfail)\b")
    return frozenset(
        one.name
        for one in found
        if one.name.startswith("test_")
        and not any(given_up.match(ast.unparse(mark)) for mark in one.decorator_list)
    )


def test_every_duty_of_the_plan_is_proved() -> None:
    assert sorted(PROVED) == [duty.number for duty in DUTIES]
    assert all(len(promises) > 1 for promises in PROVED.values())
    assert all(tests for promises in PROVED.values() for tests in promises.values())


@pytest.mark.parametrize("duty", DUTIES, ids=lambda duty: f"{duty.number}-{duty.name}")
def test_what_proves_a_duty_is_there(duty: object) -> None:
    promises = PROVED[duty.number]  # type: ignore[attr-defined]
    missing = []
    for promise, tests in promises.items():
        for told in tests:
            name, _, function = told.partition("::")
            known = found_in(name)
            if not known or (function != "*" and function not in known):
                missing.append(f"{promise}: {told}")
    assert missing == []
