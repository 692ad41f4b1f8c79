//! The tables, as diesel knows them. Columns carry the same names in both databases.
//!
//! Over 350 lines because it is one list: the tables of the migrations.

#![allow(clippy::wildcard_imports, reason = "the macro imports its SQL types so")]

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    deployment (singleton) {
        singleton -> Integer,
        id -> DbUuid,
        keys -> Text,
        created_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    sealing_key (owner_kind, owner_id, purpose, version) {
        owner_kind -> Text,
        owner_id -> Binary,
        purpose -> Text,
        version -> Integer,
        kek_id -> Text,
        wrapped -> Nullable<Binary>,
        created_at -> DbTs,
        destroyed_at -> Nullable<DbTs>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    staff (id) {
        id -> DbUuid,
        issuer -> Text,
        subject -> Text,
        display_name -> Text,
        disabled -> Bool,
        casework -> Bool,
        manages -> Bool,
        not_before -> Nullable<DbTs>,
        version -> Integer,
        created_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    revoked_token (id) {
        id -> Text,
        expires_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    idempotency (actor_id, route, key) {
        actor_id -> DbUuid,
        route -> Text,
        key -> Text,
        fingerprint -> Binary,
        resource_id -> DbUuid,
        about_id -> Nullable<DbUuid>,
        created_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    recipient (id) {
        id -> DbUuid,
        body_type -> DbWord,
        name -> Text,
        safeguarding_function -> Bool,
        address -> Nullable<Text>,
        verified_on -> Nullable<DbDay>,
        active -> Bool,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    team (id) {
        id -> DbUuid,
        recipient_id -> DbUuid,
        name -> Text,
        removed -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    person (id) {
        id -> DbUuid,
        kind -> DbWord,
        sealed -> Binary,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
        counts_as -> DbUuid,
        emptied -> Bool,
        by_name -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    person_merge (id) {
        id -> DbUuid,
        kept_id -> DbUuid,
        merged_id -> DbUuid,
        sealed -> Binary,
        reversed_at -> Nullable<DbTs>,
        reversed_by -> Nullable<DbUuid>,
        reversed_sealed -> Nullable<Binary>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    blind_index (token, person_id) {
        token -> Integer,
        person_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    decision_guard (person_id) {
        person_id -> DbUuid,
        version -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    capacity_record (id) {
        id -> DbUuid,
        person_id -> DbUuid,
        decision_kind -> DbWord,
        outcome -> DbWord,
        assessed_on -> DbDay,
        review_on -> Nullable<DbDay>,
        case_id -> Nullable<DbUuid>,
        sealed -> Binary,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    reference_counter (year) {
        year -> Integer,
        last -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    case_file (id) {
        id -> DbUuid,
        reference -> Text,
        status -> DbWord,
        intervention_level -> DbWord,
        sen_provision -> Nullable<DbWord>,
        setting -> Nullable<DbWord>,
        setting_digest -> Nullable<Binary>,
        area -> Nullable<Text>,
        outcome -> Nullable<DbWord>,
        details -> DbJson,
        sealed -> Binary,
        restricted -> Bool,
        assigned_to -> DbUuid,
        assigned_by -> DbUuid,
        opened_at -> DbTs,
        closed_at -> Nullable<DbTs>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    case_event (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        kind -> DbWord,
        intervention_level -> Nullable<DbWord>,
        participant_id -> Nullable<DbUuid>,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    referral (id) {
        id -> DbUuid,
        reference -> Text,
        status -> DbWord,
        source -> DbWord,
        risk_stated -> Bool,
        received_at -> DbTs,
        case_id -> Nullable<DbUuid>,
        decided_at -> Nullable<DbTs>,
        decided_by -> Nullable<DbUuid>,
        moved_at -> Nullable<DbTs>,
        moved_by -> Nullable<DbUuid>,
        sealed -> Binary,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    referral_staff (referral_id, staff_id) {
        referral_id -> DbUuid,
        staff_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    case_staff (case_id, staff_id) {
        case_id -> DbUuid,
        staff_id -> DbUuid,
        standing -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    participant (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        person_id -> DbUuid,
        role -> DbWord,
        relation -> DbWord,
        parental_responsibility -> DbJson,
        served_separately -> Bool,
        kept_apart -> Bool,
        ended_on -> Nullable<DbDay>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    named_person (case_id, person_id, risk) {
        case_id -> DbUuid,
        person_id -> DbUuid,
        risk -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    note (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        kind -> DbWord,
        sensitivity -> DbWord,
        occurred_at -> DbTs,
        recorded_at -> DbTs,
        recorded_by -> DbUuid,
        worker_id -> DbUuid,
        first_id -> DbUuid,
        supersedes_note_id -> Nullable<DbUuid>,
        details -> DbJson,
        sealed -> Nullable<Binary>,
        moved_from_id -> Nullable<DbUuid>,
        moved_at -> Nullable<DbTs>,
        moved_by -> Nullable<DbUuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    consent (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        granter_id -> DbUuid,
        decision -> DbWord,
        decided_at -> DbTs,
        starts_at -> DbTs,
        expires_on -> Nullable<DbDay>,
        supersedes_id -> Nullable<DbUuid>,
        authority -> DbJson,
        sealed -> Binary,
        ended -> Nullable<DbWord>,
        ended_at -> Nullable<DbTs>,
        ended_sealed -> Nullable<Binary>,
        used_at -> Nullable<DbTs>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    consent_subject (consent_id, person_id) {
        consent_id -> DbUuid,
        person_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    consent_recipient (consent_id, ordinal) {
        consent_id -> DbUuid,
        ordinal -> Integer,
        recipient_id -> Nullable<DbUuid>,
        team_id -> Nullable<DbUuid>,
        person_id -> Nullable<DbUuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    safeguarding_concern (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        status -> DbWord,
        review_due_on -> DbDay,
        details -> DbJson,
        sealed -> Binary,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    concern_event (id) {
        id -> DbUuid,
        concern_id -> DbUuid,
        case_id -> DbUuid,
        status -> Nullable<DbWord>,
        sealed -> Binary,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        basis -> DbWord,
        recipient_id -> Nullable<DbUuid>,
        decided_at -> DbTs,
        decided_by -> DbUuid,
        concern_id -> Nullable<DbUuid>,
        wording -> Nullable<Binary>,
        details -> DbJson,
        sealed -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_consent (consent_id, disclosure_id) {
        consent_id -> DbUuid,
        disclosure_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_annotation (id) {
        id -> DbUuid,
        disclosure_id -> DbUuid,
        kind -> DbWord,
        sealed -> Binary,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_address (id) {
        id -> DbUuid,
        disclosure_id -> DbUuid,
        case_id -> DbUuid,
        sealed -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    information_request (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        asked_by -> DbWord,
        status -> DbWord,
        disclosure_id -> Nullable<DbUuid>,
        due_on -> Nullable<DbDay>,
        permitted_until -> Nullable<DbDay>,
        sealed -> Binary,
        ended_at -> Nullable<DbTs>,
        ended_sealed -> Nullable<Binary>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    legal_request (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        recipient_id -> DbUuid,
        status -> DbWord,
        received_on -> DbDay,
        deadline_on -> Nullable<DbDay>,
        answer_by -> Nullable<DbDay>,
        permitted_until -> Nullable<DbDay>,
        sealed -> Binary,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    legal_extract (id) {
        id -> DbUuid,
        legal_request_id -> DbUuid,
        case_id -> DbUuid,
        status -> DbWord,
        details -> DbJson,
        sealed -> Binary,
        created_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    legal_bundle (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        sealed -> Binary,
        created_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    subject_access_request (id) {
        id -> DbUuid,
        subject_id -> DbUuid,
        requester_id -> DbUuid,
        capacity -> DbWord,
        status -> DbWord,
        received_on -> DbDay,
        sealed -> Binary,
        ended_at -> Nullable<DbTs>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    subject_access_part (id) {
        id -> DbUuid,
        sar_id -> DbUuid,
        case_id -> DbUuid,
        sealed -> Binary,
        created_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    task (id) {
        id -> DbUuid,
        kind -> DbWord,
        status -> DbWord,
        case_id -> Nullable<DbUuid>,
        about_id -> DbUuid,
        for_manager -> Bool,
        not_by -> Nullable<DbUuid>,
        due_on -> DbDay,
        from_on -> Nullable<DbDay>,
        until_on -> Nullable<DbDay>,
        completed_at -> Nullable<DbTs>,
        completed_by -> Nullable<DbUuid>,
        version -> Integer,
        created_at -> DbTs,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;
    retention_hold (id) {
        id -> DbUuid,
        case_id -> DbUuid,
        reason -> DbWord,
        review_on -> DbDay,
        sealed -> Binary,
        released_at -> Nullable<DbTs>,
        released_by -> Nullable<DbUuid>,
        released_sealed -> Nullable<Binary>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;
    disposal (id) {
        id -> DbUuid,
        class -> DbWord,
        ground -> DbWord,
        officer -> Nullable<Text>,
        agreed_on -> Nullable<DbDay>,
        count -> Integer,
        status -> DbWord,
        ended_at -> Nullable<DbTs>,
        ended_by -> Nullable<DbUuid>,
        notices -> Nullable<DbWord>,
        backups_expire_on -> Nullable<DbDay>,
        version -> Integer,
        created_at -> DbTs,
        recorded_by -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;
    disposal_case (case_id) {
        case_id -> DbUuid,
        disposal_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;
    disposal_entry (idx) {
        idx -> BigInt,
        disposal_id -> DbUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_entry (idx) {
        idx -> BigInt,
        body -> Text,
        at -> Text,
        kind -> Text,
        actor -> Text,
        decided_by -> Nullable<Text>,
        recipient -> Nullable<Text>,
        basis -> Nullable<Text>,
        condition -> Nullable<Text>,
        purpose -> Nullable<Text>,
        channel -> Nullable<Text>,
        identified -> Nullable<Bool>,
        copied -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_leaf (idx) {
        idx -> BigInt,
        h -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_subtree (level, n) {
        level -> Integer,
        n -> BigInt,
        h -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_checkpoint (size) {
        size -> BigInt,
        note -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_cosignature (size, witness) {
        size -> BigInt,
        witness -> Text,
        line -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_prune (upto) {
        upto -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_private (idx) {
        idx -> BigInt,
        case_id -> DbUuid,
        disclosure_id -> Nullable<DbUuid>,
        openings -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    disclosure_case_ix (case_id, idx) {
        case_id -> DbUuid,
        idx -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_entry (idx) {
        idx -> BigInt,
        body -> Text,
        at -> Text,
        kind -> Text,
        outcome -> Text,
        actor -> Text,
        role -> Nullable<Text>,
        operation -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_leaf (idx) {
        idx -> BigInt,
        h -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_subtree (level, n) {
        level -> Integer,
        n -> BigInt,
        h -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_checkpoint (size) {
        size -> BigInt,
        note -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_cosignature (size, witness) {
        size -> BigInt,
        witness -> Text,
        line -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_prune (upto) {
        upto -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_case_ix (case_id, idx) {
        case_id -> DbUuid,
        idx -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::db::stored::*;

    access_pending (id) {
        id -> DbUuid,
        body -> Text,
        cases -> DbJson,
        since -> DbTs,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    deployment,
    sealing_key,
    staff,
    revoked_token,
    idempotency,
    recipient,
    team,
    person,
    person_merge,
    blind_index,
    decision_guard,
    capacity_record,
    reference_counter,
    case_file,
    case_event,
    referral,
    referral_staff,
    case_staff,
    participant,
    named_person,
    note,
    consent,
    consent_subject,
    consent_recipient,
    safeguarding_concern,
    concern_event,
    disclosure,
    disclosure_consent,
    disclosure_annotation,
    disclosure_address,
    information_request,
    legal_request,
    legal_bundle,
    legal_extract,
    subject_access_request,
    subject_access_part,
    retention_hold,
    disposal,
    disposal_case,
    disposal_entry,
    task,
    disclosure_entry,
    disclosure_leaf,
    disclosure_subtree,
    disclosure_checkpoint,
    disclosure_cosignature,
    disclosure_prune,
    disclosure_private,
    disclosure_case_ix,
    access_entry,
    access_leaf,
    access_subtree,
    access_checkpoint,
    access_cosignature,
    access_prune,
    access_case_ix,
    access_pending,
);
