//! THE table of codes, statuses and titles.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($variant:ident = $code:tt, $status:literal, $title:literal, $help:literal;)+) => {
        /// The machine-readable kind of a problem: the last part of its `type`. Clients must accept codes that are new to them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
        pub enum Code { $(#[doc = $title] #[serde(rename = $code)] $variant,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The status it is answered with.
            #[must_use]
            pub fn status(self) -> StatusCode {
                let number = match self { $(Self::$variant => $status,)+ };
                StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }

            /// The fixed title.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What it means and what to do about it, in plain English.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)+ }
            }
        }
    };
}

codes! {
    MalformedRequest = "malformed-request", 400, "The request cannot be read",
        "The JSON, its encoding, an identifier in the path or a header could not be read. A property may be repeated, or the body may be nested more than 32 levels deep. Correct the request; sending it again unchanged will fail again.";
    ValidationFailed = "validation-failed", 400, "The request does not match the contract",
        "The body or a parameter breaks the published schema. Every fault is listed in errors, each with a pointer or the name of a parameter. Correct them all and send the request again.";
    UnknownParameter = "unknown-parameter", 400, "A query parameter is unknown, empty or repeated",
        "Parameters that do not exist are refused, because a filter that is silently ignored shows the wrong list. errors names those that are empty or repeated, and lists the parameters there are.";
    InvalidCursor = "invalid-cursor", 400, "The cursor does not belong to this list",
        "A cursor continues one list, with the same filters and for the same person. It was altered, or made for another list. Begin again without a cursor.";
    IdempotencyKeyRequired = "idempotency-key-required", 400, "An Idempotency-Key is required",
        "This operation must not take effect twice. Send an Idempotency-Key of 16 to 64 printable ASCII characters, and the same key when you repeat the request.";
    Unauthenticated = "unauthenticated", 401, "Sign in first",
        "There is no valid access token in the Authorization header: none was sent, or it has expired, was revoked, or is meant for something else. The answer is the same for each cause. Sign in again.";
    Forbidden = "forbidden", 403, "Your role does not allow this",
        "None of the roles of the caller has this operation. If you need it for your work, ask the service manager.";
    AccessReasonRequired = "access-reason-required", 403, "A reason is required for this case",
        "The case is restricted to named staff. A service manager may open it by giving a reason in the Access-Reason header; the reason is kept in the access log.";
    NotFound = "not-found", 404, "Not found",
        "There is no such route or record, or it is outside what you may see, or it was disposed of. The answer is the same for each cause.";
    MethodNotAllowed = "method-not-allowed", 405, "The method is not allowed here",
        "The route exists, but not with this method. The Allow header lists those it has.";
    ConsentRequired = "consent-required", 409, "Permission is required",
        "No permission in force allows this disclosure: it was never given, or it was refused, withdrawn, or has ended. errors says which rule failed. Ask the person for permission, leave the item out, or anonymise it.";
    ConsentScopeExceeded = "consent-scope-exceeded", 409, "The permission does not reach this far",
        "There is a permission, but it does not cover this recipient, purpose, kind of information or direction, or one of its conditions is not met. errors names every element that fails.";
    InvalidState = "invalid-state", 409, "The record is not in a state that allows this",
        "The step does not follow from the present state of the record. allowedActions says what is possible now.";
    SamePerson = "same-person", 409, "Two people are needed",
        "The confidentiality policy wants a second person for this step, or someone without a conflict of interest. Ask a colleague to take it.";
    RetentionHold = "retention-hold", 409, "The case is on hold",
        "A case on hold is not disposed of. Have every hold released first.";
    InUse = "in-use", 409, "Still in use",
        "A permission in force names what you want to remove. Withdraw or replace that permission first.";
    IdempotencyInProgress = "idempotency-in-progress", 409, "The first request with this key still runs",
        "Wait as long as Retry-After says, and repeat the request with the same key.";
    StaleVersion = "stale-version", 412, "The record has changed since you read it",
        "Someone changed the record after you read it; currentVersion is its version now. Read it again, compare, and repeat your change with the new ETag.";
    PayloadTooLarge = "payload-too-large", 413, "The body is too large",
        "A body may have at most 256 KiB.";
    UnsupportedMediaType = "unsupported-media-type", 415, "The media type is not supported",
        "Send the body as application/json in UTF-8 without compression; a PATCH also takes application/merge-patch+json.";
    RuleViolated = "rule-violated", 422, "The request breaks a rule",
        "The request is well formed, but against a rule of the service. errors names the rule.";
    IdentifyingDetails = "identifying-details", 422, "The text could identify someone",
        "Information leaves the service without permission only if nobody can be identified from it. errors gives the character ranges that may identify someone, or the rule that failed.";
    CopyRecipientRequired = "copy-recipient-required", 422, "A copy must go to the person whose permission was needed",
        "What is given to an officer for legal proceedings is copied to the person whose permission was needed. Name where the copy goes.";
    IdempotencyKeyReused = "idempotency-key-reused", 422, "The key was used for another request",
        "An Idempotency-Key stands for one request. Use a new key for a different body.";
    PreconditionRequired = "precondition-required", 428, "Say which version you read",
        "Send If-Match with the ETag of the record you read, so that nobody's change is overwritten unseen. An asterisk is not accepted.";
    RateLimited = "rate-limited", 429, "Too many requests",
        "Wait as long as Retry-After says before the next request.";
    Internal = "internal", 500, "Something went wrong here",
        "The fault is in the service. Nothing was changed. Tell the people who run it the requestId.";
    Unavailable = "unavailable", 503, "The service is not available at the moment",
        "The service is overloaded, or something it needs cannot be reached; nothing is shown or changed unless it can be logged. Repeat the request after Retry-After, with the same Idempotency-Key.";
}

impl Code {
    /// The code written so, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// The code for a status that something below this module answered with.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            412 => Self::StaleVersion,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            429 => Self::RateLimited,
            503 => Self::Unavailable,
            400..500 => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }
}
