//! How plain values are stored: the few own SQL types both databases share, and the conversions to and from `domain` types.
//!
//! A stored value that cannot be read is an error, never a default.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, Nullable, SingleValue, SqlType, Text};
use diesel::sqlite::Sqlite;

use crate::domain::ids::Identifier;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Vocabulary;

/// A UUID: 16 bytes.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Binary"))]
pub struct DbUuid;

/// An instant: microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Long"))]
pub struct DbTs;

/// A civil date: `YYYY-MM-DD`, which sorts.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbDay;

/// A JSON document.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbJson;

/// A value of a closed list: its word.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbWord;

impl diesel::sql_types::SqlOrd for DbTs {}
impl diesel::sql_types::SqlOrd for DbDay {}

/// An id of any kind, where a column may hold several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyId(pub uuid::Uuid);

/// A civil date in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub chrono::NaiveDate);

/// A value kept as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

fn corrupt(what: &'static str) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(super::error::Unreadable(what))
}

type Raw<'a> = <Sqlite as Backend>::RawValue<'a>;

/// Connects a Rust type to an SQL type: as a bound value, nullable or not, and as a column read back.
macro_rules! glue {
    ([$($gen:tt)*] $sql:ty, $rust:ty) => {
        impl<$($gen)*> AsExpression<$sql> for $rust {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'expr, $($gen)*> AsExpression<$sql> for &'expr $rust {
            type Expression = Bound<$sql, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<$($gen)*> AsExpression<Nullable<$sql>> for $rust {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'expr, $($gen)*> AsExpression<Nullable<$sql>> for &'expr $rust {
            type Expression = Bound<Nullable<$sql>, Self>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<$($gen)*> ToSql<Nullable<$sql>, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                <Self as ToSql<$sql, Sqlite>>::to_sql(self, out)
            }
        }
        impl<ST: SingleValue, $($gen)*> diesel::Queryable<ST, Sqlite> for $rust
        where
            Self: FromSql<ST, Sqlite>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

macro_rules! stored_ids {
    ($($id:ident),+ $(,)?) => {$(
        glue!([] DbUuid, crate::domain::ids::$id);
        impl ToSql<DbUuid, Sqlite> for crate::domain::ids::$id {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(&self.0.as_bytes()[..]);
                Ok(IsNull::No)
            }
        }
        impl FromSql<DbUuid, Sqlite> for crate::domain::ids::$id {
            fn from_sql(value: Raw<'_>) -> deserialize::Result<Self> {
                <AnyId as FromSql<DbUuid, Sqlite>>::from_sql(value).map(|id| Self::from_uuid(id.0))
            }
        }
    )+};
}

stored_ids! {
    StaffId, RecipientId, TeamId, PersonId, ContactId, CapacityRecordId, CaseId, ParticipantId, NoteId, ConsentId, DisclosureId, AnnotationId,
    ConcernId, TaskId,
}

macro_rules! stored_words {
    ($($word:ident),+ $(,)?) => {$(
        glue!([] DbWord, crate::domain::vocabulary::$word);
        impl ToSql<DbWord, Sqlite> for crate::domain::vocabulary::$word {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.as_str());
                Ok(IsNull::No)
            }
        }
        impl FromSql<DbWord, Sqlite> for crate::domain::vocabulary::$word {
            fn from_sql(value: Raw<'_>) -> deserialize::Result<Self> {
                let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
                Self::parse(&text).ok_or_else(|| corrupt(Self::NAME))
            }
        }
    )+};
}

stored_words! {
    Role, Basis, Direction, LawfulBasis, Art9Condition, Purpose, RecipientType, Channel, ConsentDecision, ConsentStatus, ConsentMethod,
    GranterRelation, DecisionKind, CapacityOutcome, ConsentSought, NoConsentReason, ToldSubject, ConcernStatus, CaseStatus, InterventionLevel,
    ParticipantRole, Relation, PersonKind, ReferralSource, SenNeed, SenProvision, AgeBand, Setting, Outcome, NoteKind, Sensitivity, FactOrOpinion,
    AnnotationKind, DisclosureStatus, TaskKind, TaskStatus, RetentionClass,
}

glue!([] DbUuid, AnyId);
impl ToSql<DbUuid, Sqlite> for AnyId {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(&self.0.as_bytes()[..]);
        Ok(IsNull::No)
    }
}
impl FromSql<DbUuid, Sqlite> for AnyId {
    fn from_sql(value: Raw<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        uuid::Uuid::from_slice(&bytes).map(Self).map_err(|_| corrupt("uuid"))
    }
}

glue!([] DbTs, Timestamp);
impl ToSql<DbTs, Sqlite> for Timestamp {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.micros());
        Ok(IsNull::No)
    }
}
impl FromSql<DbTs, Sqlite> for Timestamp {
    fn from_sql(value: Raw<'_>) -> deserialize::Result<Self> {
        Self::from_micros(<i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?).ok_or_else(|| corrupt("instant"))
    }
}

glue!([] DbDay, Day);
impl ToSql<DbDay, Sqlite> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}
impl FromSql<DbDay, Sqlite> for Day {
    fn from_sql(value: Raw<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        text.parse().map(Self).map_err(|_| corrupt("date"))
    }
}

glue!([T: std::fmt::Debug + serde::Serialize] DbJson, Json<T>);
impl<T: std::fmt::Debug + serde::Serialize> ToSql<DbJson, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}
impl<T: std::fmt::Debug + serde::de::DeserializeOwned> FromSql<DbJson, Sqlite> for Json<T> {
    fn from_sql(value: Raw<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        serde_json::from_str(&text).map(Self).map_err(|_| corrupt("JSON"))
    }
}
