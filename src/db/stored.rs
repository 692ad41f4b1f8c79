//! How plain values are stored: the few own SQL types both databases share, and the conversions to and from `domain` types.
//!
//! A stored value that cannot be read is an error, never a default.

use std::io::Write;

use chrono::Datelike;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary, HasSqlType, Nullable, SingleValue, SqlType, Text};
use diesel::sqlite::{Sqlite, SqliteBindValue};

use super::conn::{Engine, RawValue};
use crate::domain::ids::Identifier;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::Vocabulary;

/// A UUID: `uuid`, or 16 bytes.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct DbUuid;

/// An instant: `timestamptz`, or microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct DbTs;

/// A civil date: `date`, or `YYYY-MM-DD`, which sorts.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1082, array_oid = 1182), sqlite_type(name = "Text"))]
pub struct DbDay;

/// A JSON document: `jsonb`, or text.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
pub struct DbJson;

/// A value of a closed list: its word.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 25, array_oid = 1009), sqlite_type(name = "Text"))]
pub struct DbWord;

impl diesel::sql_types::SqlOrd for DbTs {}
impl diesel::sql_types::SqlOrd for DbDay {}

macro_rules! known_to_both {
    ($($sql:ty),+) => {$(
        impl HasSqlType<$sql> for Engine {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$sql>(lookup)
            }
        }
    )+};
}
known_to_both!(DbUuid, DbTs, DbDay, DbJson, DbWord);

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

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// How a value is written to and read from each database.
trait Stored: Sized {
    /// How the embedded database holds it, and as which type.
    type Plain: Into<SqliteBindValue<'static>> + FromSql<Self::PlainSql, Sqlite>;
    type PlainSql;

    fn to_sqlite(&self) -> Result<Self::Plain, Fault>;
    fn from_sqlite(plain: Self::Plain) -> deserialize::Result<Self>;
    /// The bytes of PostgreSQL's binary protocol.
    fn to_pg(&self) -> Result<Vec<u8>, Fault>;
    fn from_pg(bytes: &[u8]) -> deserialize::Result<Self>;
}

/// Connects a Rust type to an SQL type: as a bound value, nullable or not, and as a column read back.
macro_rules! glue {
    ([$($gen:tt)*] [$($read:tt)*] $sql:ty, $rust:ty) => {
        glue!(@bound [$($gen)*] $sql, $rust);
        glue!(@bound [$($gen)*] Nullable<$sql>, $rust);
        impl<$($gen)*> ToSql<$sql, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.to_sqlite()?);
                Ok(IsNull::No)
            }
        }
        impl<$($gen)*> ToSql<$sql, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(&self.to_pg()?)?;
                Ok(IsNull::No)
            }
        }
        impl<$($gen)*> ToSql<$sql, Engine> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Engine>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }
        glue!(@nullable [$($gen)*] $sql, $rust, Sqlite);
        glue!(@nullable [$($gen)*] $sql, $rust, Pg);
        glue!(@nullable [$($gen)*] $sql, $rust, Engine);
        impl<$($read)*> FromSql<$sql, Sqlite> for $rust {
            fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                Self::from_sqlite(FromSql::<<Self as Stored>::PlainSql, Sqlite>::from_sql(value)?)
            }
        }
        impl<$($read)*> FromSql<$sql, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Self::from_pg(value.as_bytes())
            }
        }
        impl<$($read)*> FromSql<$sql, Engine> for $rust {
            fn from_sql(value: RawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<Self, $sql>()
            }
        }
        impl<ST: SingleValue, $($gen)*> diesel::Queryable<ST, Engine> for $rust
        where
            Self: FromSql<ST, Engine>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
    (@nullable [$($gen:tt)*] $sql:ty, $rust:ty, $engine:ty) => {
        impl<$($gen)*> ToSql<Nullable<$sql>, $engine> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, $engine>) -> serialize::Result {
                <Self as ToSql<$sql, $engine>>::to_sql(self, out)
            }
        }
    };
    (@bound [$($gen:tt)*] $sql:ty, $rust:ty) => {
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
    };
}

impl Stored for AnyId {
    type Plain = Vec<u8>;
    type PlainSql = Binary;

    fn to_sqlite(&self) -> Result<Vec<u8>, Fault> {
        Ok(self.0.as_bytes().to_vec())
    }
    fn from_sqlite(plain: Vec<u8>) -> deserialize::Result<Self> {
        uuid::Uuid::from_slice(&plain).map(Self).map_err(|_| corrupt("uuid"))
    }
    fn to_pg(&self) -> Result<Vec<u8>, Fault> {
        self.to_sqlite()
    }
    fn from_pg(bytes: &[u8]) -> deserialize::Result<Self> {
        Self::from_sqlite(bytes.to_vec())
    }
}
glue!([] [] DbUuid, AnyId);

macro_rules! stored_ids {
    ($($id:ident),+ $(,)?) => {$(
        impl Stored for crate::domain::ids::$id {
            type Plain = Vec<u8>;
            type PlainSql = Binary;

            fn to_sqlite(&self) -> Result<Vec<u8>, Fault> {
                AnyId(self.0).to_sqlite()
            }
            fn from_sqlite(plain: Vec<u8>) -> deserialize::Result<Self> {
                AnyId::from_sqlite(plain).map(|id| Self::from_uuid(id.0))
            }
            fn to_pg(&self) -> Result<Vec<u8>, Fault> {
                AnyId(self.0).to_pg()
            }
            fn from_pg(bytes: &[u8]) -> deserialize::Result<Self> {
                AnyId::from_pg(bytes).map(|id| Self::from_uuid(id.0))
            }
        }
        glue!([] [] DbUuid, crate::domain::ids::$id);
    )+};
}

stored_ids! {
    StaffId, RecipientId, TeamId, PersonId, ContactId, CapacityRecordId, PersonMergeId, CaseId, ParticipantId, NoteId, ConsentId, DisclosureId, AnnotationId,
    AddressId, ConcernId, TaskId, InformationRequestId, LegalRequestId, SarId, SarPartId, ReferralId, CaseEventId, EntryId, RetentionHoldId, DisposalId,
}

macro_rules! stored_words {
    ($($word:ident),+ $(,)?) => {$(
        impl Stored for crate::domain::vocabulary::$word {
            type Plain = String;
            type PlainSql = Text;

            fn to_sqlite(&self) -> Result<String, Fault> {
                Ok(self.as_str().to_owned())
            }
            fn from_sqlite(plain: String) -> deserialize::Result<Self> {
                Self::parse(&plain).ok_or_else(|| corrupt(Self::NAME))
            }
            fn to_pg(&self) -> Result<Vec<u8>, Fault> {
                Ok(self.as_str().into())
            }
            fn from_pg(bytes: &[u8]) -> deserialize::Result<Self> {
                Self::from_sqlite(String::from_utf8(bytes.to_vec())?)
            }
        }
        glue!([] [] DbWord, crate::domain::vocabulary::$word);
    )+};
}

stored_words! {
    Role, Basis, Direction, LawfulBasis, Art9Condition, Purpose, RecipientType, Channel, ConsentDecision, ConsentStatus, ConsentMethod,
    GranterRelation, DecisionKind, CapacityOutcome, ConsentSought, NoConsentReason, ToldSubject, ConcernStatus, CaseStatus, InterventionLevel,
    ParticipantRole, Relation, PersonKind, ReferralSource, ReferralStatus, SenNeed, SenProvision, AgeBand, Setting, Outcome, NoteKind, Sensitivity, FactOrOpinion,
    AnnotationKind, DisclosureStatus, AskedBy, InformationRequestStatus, LegalRequestStatus, RequesterCapacity, SarStatus, TaskKind, TaskStatus, TimelineKind, RetentionClass,
    HoldReason, DisposalStatus, DisposalGround, ErasureNotice,
}

/// From 1970, where our microseconds begin, to 2000, where those of PostgreSQL do.
const MICROS_TO_2000: i64 = 946_684_800_000_000;

impl Stored for Timestamp {
    type Plain = i64;
    type PlainSql = BigInt;

    fn to_sqlite(&self) -> Result<i64, Fault> {
        Ok(self.micros())
    }
    fn from_sqlite(plain: i64) -> deserialize::Result<Self> {
        Self::from_micros(plain).ok_or_else(|| corrupt("instant"))
    }
    fn to_pg(&self) -> Result<Vec<u8>, Fault> {
        let since = self.micros().checked_sub(MICROS_TO_2000).ok_or_else(|| corrupt("instant"))?;
        Ok(since.to_be_bytes().to_vec())
    }
    fn from_pg(bytes: &[u8]) -> deserialize::Result<Self> {
        let since = i64::from_be_bytes(bytes.try_into()?);
        Self::from_sqlite(since.checked_add(MICROS_TO_2000).ok_or_else(|| corrupt("instant"))?)
    }
}
glue!([] [] DbTs, Timestamp);

/// The day from which PostgreSQL counts: 2000-01-01, as the number of days since the beginning of the year 1.
const DAY_ZERO: i32 = 730_120;

impl Stored for Day {
    type Plain = String;
    type PlainSql = Text;

    fn to_sqlite(&self) -> Result<String, Fault> {
        Ok(self.0.to_string())
    }
    fn from_sqlite(plain: String) -> deserialize::Result<Self> {
        plain.parse().map(Self).map_err(|_| corrupt("date"))
    }
    fn to_pg(&self) -> Result<Vec<u8>, Fault> {
        Ok((self.0.num_days_from_ce() - DAY_ZERO).to_be_bytes().to_vec())
    }
    fn from_pg(bytes: &[u8]) -> deserialize::Result<Self> {
        let days = i32::from_be_bytes(bytes.try_into()?).checked_add(DAY_ZERO);
        days.and_then(chrono::NaiveDate::from_num_days_from_ce_opt).map(Self).ok_or_else(|| corrupt("date"))
    }
}
glue!([] [] DbDay, Day);

/// The version of the binary form of `jsonb`.
const JSONB: u8 = 1;

impl<T: std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned> Stored for Json<T> {
    type Plain = String;
    type PlainSql = Text;

    fn to_sqlite(&self) -> Result<String, Fault> {
        Ok(serde_json::to_string(&self.0)?)
    }
    fn from_sqlite(plain: String) -> deserialize::Result<Self> {
        serde_json::from_str(&plain).map(Self).map_err(|_| corrupt("JSON"))
    }
    fn to_pg(&self) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![JSONB];
        serde_json::to_writer(&mut bytes, &self.0)?;
        Ok(bytes)
    }
    fn from_pg(bytes: &[u8]) -> deserialize::Result<Self> {
        match bytes {
            [JSONB, json @ ..] => serde_json::from_slice(json).map(Self).map_err(|_| corrupt("JSON")),
            _ => Err(corrupt("JSON")),
        }
    }
}
glue!(
    [T: std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static]
    [T: std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned]
    DbJson, Json<T>
);
