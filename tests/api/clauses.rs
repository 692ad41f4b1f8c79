//! Which test holds each edge case that the confidentiality policy asks to be tested, clause by clause. A row whose test goes, or is given another
//! name, fails here. The row of C14 about statistics is not among them: nothing counts people yet.

use std::fs;

/// The clause, the edge case, the file under `tests` and its test; several, where several hold a part of it.
type Edge = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const EDGES: &[Edge] = &[
    (
        "C1",
        "a young person's own case is absent from the parent's case, search, duplicate check, totals, timeline and subject access",
        &[
            ("api/scope.rs", "what_a_young_person_brings_alone_is_absent_from_the_parents_side"),
            ("api/scope.rs", "somebody_known_only_to_another_side_is_found_by_nobody_else"),
            ("api/relations.rs", "a_case_of_ones_own_changes_no_answer_of_any_endpoint_to_the_other_side"),
            ("api/timeline.rs", "restricted_notes_and_hidden_cases_are_not_told_of"),
            ("api/subject_items.rs", "a_case_of_ones_own_is_in_ones_own_request_and_never_in_a_parents"),
        ],
    ),
    (
        "C1",
        "separated parents, one adviser",
        &[("api/edges.rs", "c1_separated_parents_with_one_adviser_each_decide_about_their_own_words")],
    ),
    (
        "C1",
        "a grandparent without parental responsibility",
        &[
            ("api/decisions.rs", "permission_counts_when_whoever_gave_it_had_and_has_authority_for_everyone_concerned"),
            ("api/subject_answers.rs", "whoever_asks_for_another_shows_that_they_may"),
        ],
    ),
    (
        "C1",
        "the council holding parental responsibility of a looked-after child gains nothing",
        &[("api/edges.rs", "c1_the_council_as_corporate_parent_gains_nothing")],
    ),
    (
        "C1",
        "a sibling in a note",
        &[("api/decisions.rs", "permission_counts_when_whoever_gave_it_had_and_has_authority_for_everyone_concerned")],
    ),
    (
        "C1",
        "the staff of one side are not assigned to the other",
        &[("api/scope.rs", "the_staff_of_one_side_are_not_assigned_to_the_other")],
    ),
    (
        "C2",
        "an anonymous caller is identified later, and the merge is reversed",
        &[("api/merges.rs", "what_an_anonymous_caller_permitted_counts_for_the_known_person_until_it_is_reversed")],
    ),
    (
        "C2",
        "a merge never reaches a separately served case",
        &[
            ("api/merges.rs", "nobody_is_merged_who_is_served_separately_nor_with_whoever_is_near_them"),
            ("api/merges.rs", "a_young_persons_own_case_never_shows_through_a_merge"),
        ],
    ),
    ("C3", "a telephone call is logged", &[("api/edges.rs", "c3_a_telephone_call_is_a_disclosure_and_stands_in_the_log")]),
    (
        "C3",
        "a list of recipients, and a body that claims it is allowed",
        &[("api/edges.rs", "c3_one_recipient_at_a_time_and_nobody_asserts_a_permission")],
    ),
    ("C3", "a court order without permission", &[("api/edges.rs", "c3_a_court_order_is_no_permission")]),
    ("C3", "the refusal is in the log after the 409", &[("api/disclosures.rs", "a_refusal_stands_in_the_log_and_nowhere_else")]),
    (
        "C3",
        "no log line or metric carries content",
        &[
            ("operations/hygiene.rs", "a_name_in_a_path_a_query_a_header_or_a_body_reaches_neither_the_figures_nor_the_log"),
            ("api/canaries.rs", "of_a_hundred_canaries_none_is_in_the_database_the_log_the_traces_or_the_figures"),
        ],
    ),
    (
        "C4",
        "a restricted note is missing from lists, search, timeline and totals",
        &[
            ("api/scope.rs", "a_restricted_note_is_absent_for_all_but_those_who_work_on_the_case"),
            ("api/timeline.rs", "restricted_notes_and_hidden_cases_are_not_told_of"),
        ],
    ),
    (
        "C4",
        "a grievance naming a teacher or officer is third-party data in a subject access request",
        &[("api/subject_items.rs", "a_joint_case_shows_whose_rights_each_item_touches_and_every_item_is_decided")],
    ),
    (
        "C5",
        "a broad permission dated before and after the talk, and a risk that passes still",
        &[("api/edges.rs", "c5_no_general_permission_lifts_a_wish_whenever_it_was_given")],
    ),
    ("C5", "a wish lifted without a date", &[("api/protections.rs", "a_wish_is_lifted_by_whoever_had_it_and_by_nobody_else")]),
    (
        "C6",
        "a village school, a rare need",
        &[
            ("api/anonymous.rs", "what_the_text_gives_away_must_be_said"),
            ("api/anonymous.rs", "with_seven_families_it_is_too_few_and_nobody_learns_how_many"),
        ],
    ),
    ("C6", "the same wording twice", &[("api/anonymous.rs", "the_same_words_do_not_go_twice_to_the_same_body_within_a_year")]),
    (
        "C6",
        "permission withdrawn after the first letter: the next is anonymous",
        &[("api/edges.rs", "c6_once_permission_to_say_who_is_withdrawn_the_next_letter_is_anonymous")],
    ),
    ("C7", "the family was never told", &[("api/referrals.rs", "a_professional_says_how_and_when_the_family_agreed")]),
    ("C7", "the referrer is the SEND officer", &[("api/referrals.rs", "whoever_referred_is_told_with_permission_only")]),
    (
        "C7",
        "a parent refers a young person who does not know",
        &[("api/referrals.rs", "a_parent_who_refers_a_young_person_learns_nothing_of_a_case_of_their_own")],
    ),
    ("C7", "the receipt holds no state", &[("api/referrals.rs", "a_receipt_is_all_that_anybody_gets_and_stays_as_it_was")]),
    ("C8", "a backdated note", &[("api/edges.rs", "c8_a_note_written_later_keeps_when_it_was_and_when_it_was_written")]),
    (
        "C8",
        "a moved note leaves no text behind, not in search",
        &[("api/relocation.rs", "a_note_moves_with_all_its_versions_and_leaves_a_bare_marker")],
    ),
    (
        "C8",
        "a correction during an open subject access request keeps the original",
        &[("api/subject_items.rs", "a_joint_case_shows_whose_rights_each_item_touches_and_every_item_is_decided")],
    ),
    (
        "C9",
        "a joint case with third-party data",
        &[
            ("api/subject_items.rs", "a_joint_case_shows_whose_rights_each_item_touches_and_every_item_is_decided"),
            ("api/subject_answers.rs", "the_answer_leaves_once_of_each_case_in_the_words_that_were_decided"),
        ],
    ),
    (
        "C9",
        "a parent asks for a competent child's data; a solicitor without authority",
        &[("api/subject_answers.rs", "whoever_asks_for_another_shows_that_they_may")],
    ),
    (
        "C9",
        "the manager is the subject: another holder of the role acts",
        &[("api/subject_answers.rs", "a_manager_who_is_the_subject_or_close_to_them_does_nothing_about_it")],
    ),
    (
        "C9",
        "safe-contact rules bind the delivery, and it goes to nobody else",
        &[("api/subject_answers.rs", "the_answer_goes_to_a_verified_and_safe_contact_of_whoever_asked_and_to_nobody_else")],
    ),
    ("C10", "a leaver's token", &[("api/tokens.rs", "whoever_is_disabled_is_refused_with_every_token_until_enabled_again")]),
    (
        "C10",
        "a role removed while a token still runs",
        &[("api/tokens.rs", "a_revocation_of_tokens_holds_from_the_next_request_and_for_those_issued_before")],
    ),
    (
        "C10",
        "no name in a URL, log or metric",
        &[("operations/hygiene.rs", "a_name_in_a_path_a_query_a_header_or_a_body_reaches_neither_the_figures_nor_the_log")],
    ),
    (
        "C11",
        "permission for the school used for the council, for officer A used for team B, for one meeting used later; check and call agree",
        &[("api/edges.rs", "c11_what_was_permitted_for_one_body_officer_or_meeting_is_for_that_alone")],
    ),
    (
        "C12",
        "asking shows that the family is known, so it is a disclosure",
        &[("api/information_requests.rs", "to_ask_somebody_outside_is_a_disclosure_that_is_decided_and_logged")],
    ),
    (
        "C12",
        "an EHC plan passed on under a general permission",
        &[("api/edges.rs", "c12_a_plan_that_was_received_is_not_passed_on_under_a_general_permission")],
    ),
    (
        "C13",
        "the policy version changed between decision and dispatch: the new one is stored",
        &[("api/edges.rs", "c13_what_is_sent_under_a_newer_policy_is_stored_with_that_one")],
    ),
    (
        "C14",
        "no endpoint counts people",
        &[("api/edges.rs", "c14_only_lists_of_casework_and_the_logs_tell_how_many_there_are_and_none_to_who_reads_statistics")],
    ),
    (
        "C15",
        "a young person's own case: a copy to them, to parents only if they permit",
        &[("api/legal_extracts.rs", "a_young_persons_own_case_is_copied_to_them_and_to_a_parent_only_if_they_permit")],
    ),
    ("C15", "parents disagree", &[("api/legal_endings.rs", "parents_who_disagree_stop_it_before_and_after_it_is_granted")]),
    (
        "C15",
        "a letter that says \"court order\" and is a request",
        &[("api/legal_requests.rs", "a_letter_that_speaks_of_a_court_order_changes_nothing")],
    ),
    ("C15", "the whole file is asked for", &[("api/legal_extracts.rs", "who_asks_for_the_whole_file_is_answered_item_by_item")]),
    (
        "C16",
        "two parents of one child, different classes: the longest wins",
        &[("api/retention.rs", "c16_what_is_due_is_listed_and_the_longest_class_wins_for_the_child_of_two_parents")],
    ),
    (
        "C16",
        "a hold placed between proposal and approval",
        &[("api/disposals.rs", "t33_t38_a_hold_beats_everything_and_nothing_of_a_disposed_case_is_left_in_any_table")],
    ),
    (
        "C17",
        "an adviser alone at night; an adult at risk",
        &[
            ("api/edges.rs", "c17_an_adviser_alone_passes_on_a_risk_to_an_adult_whom_nobody_has_on_record"),
            ("api/safeguarding.rs", "a_concern_is_recorded_by_any_adviser_at_any_hour_and_put_to_a_manager"),
        ],
    ),
    (
        "C17",
        "telling the parent raises the risk",
        &[
            ("api/disclosures.rs", "an_accounting_leaves_out_what_is_withheld_from_that_person_until_the_day_is_over"),
            ("api/safeguarding.rs", "what_is_withheld_from_somebody_is_not_in_their_accounting_until_then"),
            ("api/subject_items.rs", "what_is_kept_from_somebody_because_of_a_risk_does_not_go_before_its_day"),
        ],
    ),
    (
        "C17",
        "a concern about staff",
        &[("api/safeguarding.rs", "a_concern_about_staff_hides_the_case_from_them_and_goes_to_another_manager")],
    ),
    (
        "C17",
        "later unfounded: annotated, not deleted",
        &[("api/safeguarding.rs", "a_concern_that_turns_out_to_be_unfounded_is_annotated_and_not_deleted")],
    ),
];

#[test]
fn each_edge_case_of_the_policy_has_a_test_by_name() {
    for (clause, edge, tests) in EDGES {
        assert!(!tests.is_empty(), "{clause}: {edge}");
        for (file, test) in *tests {
            let text = fs::read_to_string(format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            assert!(text.contains(&format!("#[test]\nfn {test}() {{")), "{clause}, {edge}: there is no {test} in {file}");
        }
    }
    let clauses: Vec<&str> = EDGES.iter().map(|(clause, ..)| *clause).collect();
    for clause in (1..=17).map(|number| format!("C{number}")) {
        assert!(clauses.contains(&clause.as_str()), "{clause} has none");
    }
}
