//! The tables as Diesel sees them, the same for both databases; a test compares them with what the migrations make.

diesel::table! {
    partners (id) {
        id -> BigInt,
        reference -> Text,
        name -> Text,
        search_text -> Text,
        country -> Text,
        state -> Text,
        created_at -> Timestamp,
        lock_version -> BigInt,
        time_zone -> Text,
        channel_manager_id -> Nullable<BigInt>,
        second_factor_required -> Bool,
    }
}

diesel::table! {
    deadline_settings (id) {
        id -> BigInt,
        open_within -> Nullable<BigInt>,
        first_update_within -> Nullable<BigInt>,
        update_every -> Nullable<BigInt>,
        catch_up_after -> Nullable<BigInt>,
        lock_version -> BigInt,
    }
}

diesel::table! {
    deadlines (assignment_id) {
        assignment_id -> BigInt,
        duty -> Text,
        days -> BigInt,
        reminders -> BigInt,
        four_fifths_at -> Timestamp,
        due_at -> Timestamp,
        next_at -> Timestamp,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        reference -> Text,
        email -> Text,
        email_key -> Text,
        name -> Text,
        search_text -> Text,
        role -> Text,
        partner_id -> Nullable<BigInt>,
        password_hash -> Nullable<Text>,
        state -> Text,
        created_at -> Timestamp,
        lock_version -> BigInt,
        last_signed_in_at -> Nullable<Timestamp>,
        time_zone -> Nullable<Text>,
        password_is_short -> Bool,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        key_hash -> Text,
        user_id -> Nullable<BigInt>,
        state -> Text,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        address -> Text,
        user_agent -> Text,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> BigInt,
        sealed_secret -> Binary,
        last_step -> BigInt,
        enrolled_at -> Timestamp,
    }
}

diesel::table! {
    recovery_codes (id) {
        id -> BigInt,
        user_id -> BigInt,
        code_hash -> Text,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    security_settings (id) {
        id -> BigInt,
        second_factor_required -> Bool,
        lock_version -> BigInt,
    }
}

diesel::table! {
    link_requests (id) {
        id -> BigInt,
        email -> Text,
        address -> Text,
        request_id -> Text,
        asked_at -> Timestamp,
    }
}

diesel::table! {
    throttles (key) {
        key -> Text,
        failures -> BigInt,
        counted_since -> Timestamp,
        free_at -> Timestamp,
    }
}

diesel::table! {
    leads (id) {
        id -> BigInt,
        reference -> Text,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        phone -> Text,
        company -> Text,
        job_title -> Text,
        street -> Text,
        city -> Text,
        postal_code -> Text,
        region -> Text,
        country -> Text,
        product -> Text,
        source -> Text,
        need -> Text,
        internal_note -> Text,
        name_key -> Text,
        email_key -> Text,
        phone_key -> Text,
        search_text -> Text,
        status -> Text,
        partner_id -> Nullable<BigInt>,
        has_confirmation -> Bool,
        created_by -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        lock_version -> BigInt,
        import_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    lead_views (id) {
        id -> BigInt,
        reference -> Text,
        user_id -> BigInt,
        name -> Text,
        name_key -> Text,
        query -> Text,
        keys -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    confirmation_texts (id) {
        id -> BigInt,
        version -> BigInt,
        body -> Text,
        created_by -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    confirmations (id) {
        id -> BigInt,
        lead_id -> BigInt,
        ground -> Text,
        text_id -> Nullable<BigInt>,
        evidence -> Nullable<Text>,
        given_on -> Nullable<Date>,
        reason -> Nullable<Text>,
        confirmed_by -> BigInt,
        confirmed_at -> Timestamp,
    }
}

diesel::table! {
    lead_distribution_settings (id) {
        id -> BigInt,
        track_permission -> Bool,
        ask_on_create -> Bool,
        opened_leads -> Text,
        assign_to_partner -> Bool,
        tracking_since -> Nullable<Timestamp>,
        lock_version -> BigInt,
        closing_modes -> Text,
    }
}

diesel::table! {
    assignments (id) {
        id -> BigInt,
        lead_id -> BigInt,
        partner_id -> BigInt,
        user_id -> Nullable<BigInt>,
        assigned_by -> BigInt,
        assigned_at -> Timestamp,
        opened_by -> Nullable<BigInt>,
        opened_at -> Nullable<Timestamp>,
        status_note -> Text,
        status_noted_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        ending -> Nullable<Text>,
        moved_by -> Nullable<BigInt>,
        next_step -> Text,
        next_step_on -> Nullable<Date>,
        closed_at -> Nullable<Timestamp>,
        closed_by -> Nullable<BigInt>,
        closing_reason_id -> Nullable<BigInt>,
        closing_remark -> Text,
        deal_amount -> Nullable<BigInt>,
        deal_currency -> Nullable<Text>,
        deal_stage -> Nullable<Text>,
        deal_expected_on -> Nullable<Date>,
        declined_because -> Nullable<Text>,
        decline_remark -> Text,
        was_opened -> Bool,
        asked_by -> Nullable<BigInt>,
        asked_at -> Nullable<Timestamp>,
        cycle_answer -> Nullable<Text>,
        answer_remark -> Text,
        answered_by -> Nullable<BigInt>,
        answered_at -> Nullable<Timestamp>,
        has_confirmation -> Bool,
    }
}

diesel::table! {
    closing_reasons (id) {
        id -> BigInt,
        reference -> Text,
        outcome -> Text,
        label -> Text,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    attachments (id) {
        id -> BigInt,
        reference -> Text,
        lead_id -> BigInt,
        partner_id -> BigInt,
        author_id -> BigInt,
        title -> Text,
        kind -> Text,
        byte_count -> BigInt,
        attached_at -> Timestamp,
        content -> Binary,
    }
}

diesel::table! {
    partner_notes (id) {
        id -> BigInt,
        lead_id -> BigInt,
        partner_id -> BigInt,
        author_id -> Nullable<BigInt>,
        body -> Text,
        written_at -> Timestamp,
        assignment_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    internal_notes (id) {
        id -> BigInt,
        lead_id -> BigInt,
        author_id -> BigInt,
        body -> Text,
        written_at -> Timestamp,
    }
}

diesel::table! {
    disclosures (id) {
        id -> BigInt,
        lead_id -> BigInt,
        lead_reference -> Text,
        assignment_id -> BigInt,
        partner_id -> BigInt,
        user_id -> Nullable<BigInt>,
        act -> Text,
        fields -> Text,
        confirmation_id -> Nullable<BigInt>,
        ground -> Nullable<Text>,
        text_version -> Nullable<BigInt>,
        disclosed_at -> Timestamp,
    }
}

diesel::table! {
    audit_events (id) {
        id -> BigInt,
        happened_at -> Timestamp,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        subject -> Text,
        subject_id -> Nullable<BigInt>,
        subject_reference -> Text,
        detail -> Text,
        address -> Text,
        request_id -> Text,
    }
}

diesel::table! {
    audit_seals (number) {
        number -> BigInt,
        first_event_id -> BigInt,
        last_event_id -> BigInt,
        event_count -> BigInt,
        digest -> Text,
        mac -> Text,
        sealed_at -> Timestamp,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        message_id -> Text,
        kind -> Text,
        recipient_id -> BigInt,
        assignment_id -> Nullable<BigInt>,
        state -> Text,
        attempts -> BigInt,
        next_attempt_at -> Timestamp,
        created_at -> Timestamp,
        sent_at -> Nullable<Timestamp>,
        last_error -> Text,
        link_id -> Nullable<BigInt>,
        lease_token -> Nullable<Text>,
        former_address -> Nullable<Text>,
        digest_id -> Nullable<BigInt>,
        destroy_task_id -> Nullable<BigInt>,
        shared_address -> Nullable<Text>,
        outages -> BigInt,
    }
}

diesel::table! {
    one_time_links (id) {
        id -> BigInt,
        purpose -> Text,
        user_id -> Nullable<BigInt>,
        seed -> Text,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        ending -> Nullable<Text>,
    }
}

diesel::table! {
    notices (id) {
        id -> BigInt,
        reference -> Text,
        kind -> Text,
        recipient_id -> BigInt,
        assignment_id -> Nullable<BigInt>,
        created_at -> Timestamp,
        read_at -> Nullable<Timestamp>,
        destroy_task_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    destroy_tasks (id) {
        id -> BigInt,
        reference -> Text,
        partner_id -> BigInt,
        holder_id -> Nullable<BigInt>,
        product -> Text,
        received_at -> Timestamp,
        opened_at -> Timestamp,
        asked_by -> BigInt,
        asked_at -> Timestamp,
        told -> BigInt,
        tell_at -> Nullable<Timestamp>,
        answer -> Nullable<Text>,
        remark -> Text,
        answered_by -> Nullable<BigInt>,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    erasures_to_scrub (id) {
        id -> BigInt,
        erased_at -> Timestamp,
    }
}

diesel::table! {
    submissions (key) {
        key -> Text,
        user_id -> BigInt,
        location -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    imports (id) {
        id -> BigInt,
        reference -> Text,
        user_id -> BigInt,
        file_name -> Text,
        byte_count -> BigInt,
        state -> Text,
        encoding -> Text,
        is_guessed -> Bool,
        delimiter -> Text,
        headings -> Text,
        mapping -> Text,
        row_count -> BigInt,
        last_row -> BigInt,
        read_count -> BigInt,
        created_count -> BigInt,
        rejected_count -> BigInt,
        remark_count -> BigInt,
        lease_until -> Nullable<Timestamp>,
        created_at -> Timestamp,
        started_at -> Nullable<Timestamp>,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    import_chunks (import_id, position) {
        import_id -> BigInt,
        position -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    import_rejections (id) {
        id -> BigInt,
        import_id -> BigInt,
        row_number -> BigInt,
        reason -> Text,
        cells -> Text,
        keys -> Text,
    }
}

diesel::table! {
    bulk_acts (id) {
        id -> BigInt,
        reference -> Text,
        user_id -> BigInt,
        kind -> Text,
        partner_id -> Nullable<BigInt>,
        recipient_id -> Nullable<BigInt>,
        state -> Text,
        lead_count -> BigInt,
        done_count -> BigInt,
        refused_count -> BigInt,
        lease_until -> Nullable<Timestamp>,
        lease_token -> Nullable<Text>,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    bulk_act_leads (bulk_act_id, position) {
        bulk_act_id -> BigInt,
        position -> BigInt,
        lead_id -> Nullable<BigInt>,
        outcome -> Text,
        reason -> Text,
    }
}

diesel::table! {
    partner_leads (assignment_id) {
        assignment_id -> BigInt,
        partner_id -> BigInt,
        user_id -> Nullable<BigInt>,
        assigned_at -> Timestamp,
        opened_at -> Nullable<Timestamp>,
        opened_by -> Nullable<BigInt>,
        status_note -> Text,
        status_noted_at -> Nullable<Timestamp>,
        next_step -> Text,
        next_step_on -> Nullable<Date>,
        closed_at -> Nullable<Timestamp>,
        closer -> Nullable<Text>,
        closing_reason -> Nullable<Text>,
        closing_remark -> Text,
        deal_amount -> Nullable<BigInt>,
        deal_currency -> Nullable<Text>,
        deal_stage -> Nullable<Text>,
        deal_expected_on -> Nullable<Date>,
        duty -> Nullable<Text>,
        due_soon_at -> Nullable<Timestamp>,
        due_at -> Nullable<Timestamp>,
        time_zone -> Text,
        asked_at -> Nullable<Timestamp>,
        cycle_answer -> Nullable<Text>,
        answer_remark -> Text,
        answered_at -> Nullable<Timestamp>,
        answerer -> Nullable<Text>,
        colleague -> Nullable<Text>,
        opener -> Nullable<Text>,
        section -> Text,
        lead_id -> BigInt,
        reference -> Text,
        country -> Text,
        product -> Text,
        status -> Text,
        name_key -> Text,
        search_text -> Text,
        first_name -> Text,
        last_name -> Text,
        email -> Text,
        phone -> Text,
        company -> Text,
        job_title -> Text,
        street -> Text,
        city -> Text,
        postal_code -> Text,
        region -> Text,
        need -> Text,
    }
}

diesel::table! {
    notification_choices (user_id, kind) {
        user_id -> BigInt,
        kind -> Text,
        delivery -> Text,
    }
}

diesel::table! {
    event_recipients (kind) {
        kind -> Text,
        assigner -> Bool,
        channel_manager -> Bool,
        addresses -> Text,
    }
}

diesel::joinable!(assignments -> leads (lead_id));
diesel::joinable!(assignments -> partners (partner_id));
diesel::joinable!(assignments -> closing_reasons (closing_reason_id));
diesel::joinable!(confirmations -> leads (lead_id));
diesel::joinable!(confirmations -> confirmation_texts (text_id));
diesel::joinable!(confirmations -> users (confirmed_by));
diesel::joinable!(confirmation_texts -> users (created_by));
diesel::joinable!(deadlines -> assignments (assignment_id));
diesel::joinable!(attachments -> partners (partner_id));
diesel::joinable!(attachments -> users (author_id));
diesel::joinable!(internal_notes -> users (author_id));
diesel::joinable!(partner_notes -> partners (partner_id));
diesel::joinable!(partner_notes -> users (author_id));
diesel::joinable!(disclosures -> partners (partner_id));
diesel::joinable!(audit_events -> users (actor_id));
diesel::joinable!(leads -> partners (partner_id));
diesel::joinable!(users -> partners (partner_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(outbox -> users (recipient_id));
diesel::joinable!(one_time_links -> users (user_id));
diesel::joinable!(notices -> users (recipient_id));
diesel::joinable!(notices -> assignments (assignment_id));
diesel::joinable!(notices -> partner_leads (assignment_id));
diesel::joinable!(notices -> destroy_tasks (destroy_task_id));
diesel::joinable!(destroy_tasks -> partners (partner_id));
diesel::joinable!(imports -> users (user_id));
diesel::joinable!(import_chunks -> imports (import_id));
diesel::joinable!(import_rejections -> imports (import_id));
diesel::joinable!(bulk_acts -> partners (partner_id));
diesel::joinable!(bulk_act_leads -> bulk_acts (bulk_act_id));
diesel::joinable!(bulk_act_leads -> leads (lead_id));
diesel::joinable!(submissions -> users (user_id));
diesel::joinable!(second_factors -> users (user_id));
diesel::joinable!(recovery_codes -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    assignments,
    attachments,
    audit_events,
    audit_seals,
    bulk_act_leads,
    bulk_acts,
    closing_reasons,
    confirmation_texts,
    confirmations,
    deadline_settings,
    deadlines,
    destroy_tasks,
    disclosures,
    erasures_to_scrub,
    event_recipients,
    import_chunks,
    import_rejections,
    imports,
    internal_notes,
    lead_distribution_settings,
    lead_views,
    leads,
    link_requests,
    one_time_links,
    notices,
    notification_choices,
    outbox,
    partner_leads,
    partner_notes,
    partners,
    recovery_codes,
    second_factors,
    security_settings,
    sessions,
    submissions,
    throttles,
    users,
);
