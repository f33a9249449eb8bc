//! Every column of every table is classified: whose personal data it holds. A column that nobody thought about would be
//! forgotten by erasure as well (FAILURES.md, D05).

use std::collections::{BTreeMap, BTreeSet};

use super::shape::columns;

/// Whose personal data a column holds. The text of a lead must be gone after its erasure; that of users stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Of a lead: erased with it.
    Lead,
    /// Of somebody who works with the program.
    User,
    /// Nothing personal: keys, states, moments, words of the vendor.
    Nothing,
}

use Holds::{Lead, Nothing, User};

const REGISTRY: &[(&str, Holds, &str)] = &[
    (
        "partners",
        Nothing,
        "id reference name search_text country state created_at lock_version time_zone channel_manager_id \
         second_factor_required",
    ),
    (
        "deadline_settings",
        Nothing,
        "id open_within first_update_within update_every catch_up_after lock_version",
    ),
    ("notification_choices", Nothing, "user_id kind delivery"),
    ("event_recipients", Nothing, "kind assigner channel_manager"),
    ("event_recipients", User, "addresses"),
    (
        "deadlines",
        Nothing,
        "assignment_id duty days reminders four_fifths_at due_at next_at",
    ),
    (
        "users",
        Nothing,
        "id reference role partner_id state created_at last_signed_in_at lock_version time_zone password_is_short",
    ),
    ("users", User, "email email_key name search_text password_hash"),
    ("sessions", Nothing, "id key_hash user_id created_at last_seen_at"),
    ("sessions", User, "state address user_agent"),
    ("second_factors", Nothing, "user_id enrolled_at last_step"),
    ("second_factors", User, "sealed_secret"),
    ("recovery_codes", Nothing, "id user_id used_at"),
    ("recovery_codes", User, "code_hash"),
    ("security_settings", Nothing, "id second_factor_required lock_version"),
    (
        "leads",
        Nothing,
        "id reference status partner_id has_confirmation created_by created_at updated_at lock_version import_id",
    ),
    (
        "leads",
        Lead,
        "first_name last_name email phone company job_title street city postal_code region country product source need \
         internal_note name_key email_key phone_key search_text",
    ),
    ("lead_views", Nothing, "id reference user_id created_at"),
    // Somebody may search for a person, and name the view so.
    ("lead_views", Lead, "name name_key query keys"),
    ("confirmation_texts", Nothing, "id version body created_by created_at"),
    (
        "confirmations",
        Nothing,
        "id lead_id ground text_id given_on confirmed_by confirmed_at",
    ),
    ("confirmations", Lead, "evidence reason"),
    (
        "lead_distribution_settings",
        Nothing,
        "id track_permission ask_on_create opened_leads assign_to_partner tracking_since lock_version \
         closing_modes",
    ),
    (
        "assignments",
        Nothing,
        "id lead_id partner_id user_id assigned_by assigned_at opened_by opened_at status_noted_at ended_at ending \
         moved_by next_step_on closed_at closed_by closing_reason_id deal_amount deal_currency deal_stage deal_expected_on \
         declined_because was_opened asked_by asked_at cycle_answer answered_by answered_at has_confirmation",
    ),
    (
        "assignments",
        Lead,
        "status_note next_step closing_remark decline_remark answer_remark",
    ),
    ("closing_reasons", Nothing, "id reference outcome label retired_at"),
    (
        "attachments",
        Nothing,
        "id reference lead_id partner_id author_id kind byte_count attached_at",
    ),
    ("attachments", Lead, "title content"),
    (
        "partner_notes",
        Nothing,
        "id lead_id partner_id author_id written_at assignment_id",
    ),
    ("internal_notes", Nothing, "id lead_id author_id written_at"),
    ("internal_notes", Lead, "body"),
    ("partner_notes", Lead, "body"),
    (
        "disclosures",
        Nothing,
        "id lead_id lead_reference assignment_id partner_id user_id act fields confirmation_id ground text_version \
         disclosed_at",
    ),
    (
        "audit_events",
        Nothing,
        "id happened_at actor_id action subject subject_id subject_reference detail request_id",
    ),
    ("audit_events", User, "address"),
    (
        "audit_seals",
        Nothing,
        "number first_event_id last_event_id event_count digest mac sealed_at",
    ),
    (
        "outbox",
        Nothing,
        "id message_id kind recipient_id assignment_id state attempts next_attempt_at created_at sent_at last_error link_id \
         lease_token digest_id destroy_task_id outages",
    ),
    ("outbox", User, "former_address shared_address"),
    ("throttles", Nothing, "key failures counted_since free_at"),
    ("link_requests", Nothing, "id request_id asked_at"),
    ("link_requests", User, "email address"),
    (
        "one_time_links",
        Nothing,
        "id purpose user_id seed token_hash created_at expires_at ended_at ending",
    ),
    (
        "notices",
        Nothing,
        "id reference kind recipient_id assignment_id created_at read_at destroy_task_id",
    ),
    (
        "destroy_tasks",
        Nothing,
        "id reference partner_id holder_id product received_at opened_at asked_by asked_at told tell_at answer remark \
         answered_by answered_at",
    ),
    ("erasures_to_scrub", Nothing, "id erased_at"),
    ("submissions", Nothing, "key user_id location created_at"),
    (
        "imports",
        Nothing,
        "id reference user_id file_name byte_count state encoding delimiter mapping row_count read_count created_count \
         rejected_count remark_count lease_until created_at started_at finished_at is_guessed headings \
         last_row",
    ),
    (
        "bulk_acts",
        Nothing,
        "id reference user_id kind partner_id recipient_id state lead_count done_count refused_count lease_until \
         lease_token created_at finished_at",
    ),
    ("bulk_act_leads", Nothing, "bulk_act_id position lead_id outcome reason"),
    ("import_chunks", Nothing, "import_id position"),
    ("import_chunks", Lead, "bytes"),
    ("import_rejections", Nothing, "id import_id row_number reason"),
    ("import_rejections", Lead, "cells keys"),
];

/// The columns that hold personal data of leads, as `table.column`.
pub fn of_leads() -> BTreeSet<String> {
    let registered = registered().into_iter();
    registered
        .filter(|(_, holds)| *holds == Lead)
        .map(|(name, _)| name)
        .collect()
}

fn registered() -> BTreeMap<String, Holds> {
    let mut registered = BTreeMap::new();
    for (table, holds, names) in REGISTRY {
        for name in names.split_whitespace() {
            let twice = registered.insert(format!("{table}.{name}"), *holds);
            assert_eq!(twice, None, "{table}.{name} is classified twice");
        }
    }
    registered
}

db_test! {
    async fn every_column_is_classified(app) {
        let there: BTreeSet<String> = columns(app.backend, &mut app.conn())
            .iter()
            .map(|column| column.split(' ').next().unwrap().to_owned())
            .filter(|column| !column.starts_with("partner_leads."))
            .collect();
        let known: BTreeSet<String> = registered().into_keys().collect();

        let unclassified: Vec<&String> = there.difference(&known).collect();
        let gone: Vec<&String> = known.difference(&there).collect();

        assert!(
            unclassified.is_empty(),
            "say in REGISTRY whose personal data these columns hold, and let erasure know: {unclassified:?}"
        );
        assert!(gone.is_empty(), "REGISTRY names columns that are gone: {gone:?}");
    }
}
