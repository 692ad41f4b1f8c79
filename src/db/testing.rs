//! A database of its own for each test, and who calls.

use std::future::Future;

use diesel::prelude::*;
use tempfile::TempDir;

use super::conn::{Conn, Demands, Place};
use super::keyring::Keyring;
use super::schema::{case_file, disclosure, participant, safeguarding_concern, staff as staff_table};
use super::sealed::Secret;
use super::{Db, Error, Result, Tx, cases, staff};
use crate::authz::{Act, Caller, Permit, check};
use crate::domain::case::CaseContent;
use crate::domain::ids::{CaseId, ConcernId, DisclosureId, ParticipantId, PersonId, RequestId, StaffId};
use crate::domain::page::PageRequest;
use crate::domain::time::Timestamp;
use crate::domain::vocabulary::{
    AccessReason, Basis, CaseStatus, ConcernStatus, InterventionLevel, ParticipantRole, ReasonForContact, ReferralSource, Relation, Role,
};

#[expect(dead_code, reason = "shared with the tests of the API, which use all of it")]
#[path = "../../tests/support/cluster.rs"]
pub mod cluster;

/// A database in a directory that goes when this does.
pub struct Scratch {
    /// The database.
    pub db: Db,
    place: TempDir,
    server: Option<cluster::Scratch>,
    runtime: tokio::runtime::Runtime,
}

/// The time of the tests: 14 September 2026, 10:12 in London.
pub fn now() -> Timestamp {
    Timestamp::parse("2026-09-14T09:12:41.530Z").unwrap()
}

/// As little as a case may hold.
pub fn bare_content() -> CaseContent {
    CaseContent::bare(InterventionLevel::L2, ReferralSource::SelfParent, ReasonForContact::Funding)
}

/// The first page, this long.
pub fn first(limit: u32) -> PageRequest {
    PageRequest { limit, after: None, include_total: false }
}

/// Leave to do `A`.
pub fn permit<A: Act>(caller: &Caller) -> Permit<A> {
    check(caller).unwrap()
}

const DEMANDS: Demands = Demands { encrypted: false, unsafe_server: true };

fn migrate(place: &Place) {
    place.connect(DEMANDS).unwrap().migrate().unwrap();
}

impl Scratch {
    /// An empty database.
    pub fn new() -> Self {
        cluster::on_postgres_too();
        let place = tempfile::tempdir().unwrap();
        let server = cluster::is_postgres().then(|| cluster::Scratch::migrated(|url| migrate(&Place::Server(url.to_owned()))));
        let keys = Keyring::new("test".to_owned(), &Secret::new([7; 32]), &Secret::new([9; 32]));
        let which = match &server {
            None => Place::File(place.path().join("test.db")),
            Some(server) => Place::Server(server.url()),
        };
        if server.is_none() {
            migrate(&which);
        }
        let db = Db::open(&which, DEMANDS, keys, 2).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { db, place, server, runtime }
    }

    /// A connection beside those of the service, as the owner of the database.
    pub fn another_connection(&self) -> Conn {
        let place = match &self.server {
            None => Place::File(self.place.path().join("test.db")),
            Some(server) => Place::Server(server.owner_url()),
        };
        place.connect(DEMANDS).unwrap()
    }

    /// Waits for what a use case answers.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Reads in one transaction, when what was logged has its place.
    pub fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.wait(async {
            self.db.sequence().await?;
            self.db.read::<T, Error>(f).await
        })
    }

    /// Writes in one transaction.
    pub fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.wait(self.db.write::<T, Error>(f)).map(|(value, _)| value)
    }

    /// A member of staff on record, with these roles.
    pub fn caller(&self, name: &str, roles: &[Role]) -> Caller {
        let (subject, came_as) = (name.to_owned(), staff::CameAs::of(roles));
        let staff = self
            .write(move |tx| {
                staff::enter(tx, "test", &subject, &subject, came_as, now())?;
                Ok(staff_table::table.filter(staff_table::subject.eq(&subject)).select(staff_table::id).first::<StaffId>(tx.conn)?)
            })
            .unwrap();
        Caller {
            staff,
            display_name: name.to_owned(),
            roles: roles.to_vec(),
            access_reason: None,
            request: RequestId::mint(),
            operation: "test".into(),
            token_expires_at: now(),
        }
    }

    /// An adviser.
    pub fn adviser(&self, name: &str) -> Caller {
        self.caller(name, &[Role::Adviser])
    }

    /// A service manager, with or without a reason for opening restricted cases.
    pub fn manager(&self, name: &str, access_reason: Option<AccessReason>) -> Caller {
        Caller { access_reason, ..self.caller(name, &[Role::ServiceManager]) }
    }

    /// A case with as little content as can be, recorded by and assigned to this member of staff, who is named on it if it is restricted.
    pub fn bare_case(&self, by: &Caller, restricted: bool) -> CaseId {
        let permit = permit(by);
        self.write(move |tx| {
            cases::insert(tx, &permit, bare_content(), Vec::new(), cases::Beginning::with(permit.staff(), restricted), now())
        })
        .unwrap()
    }

    /// A safeguarding concern of a case that awaits its decision.
    pub fn raised_concern(&self, by: &Caller, case: CaseId) {
        let by = by.staff;
        self.write(move |tx| {
            diesel::insert_into(safeguarding_concern::table)
                .values((
                    safeguarding_concern::id.eq(ConcernId::mint()),
                    safeguarding_concern::case_id.eq(case),
                    safeguarding_concern::status.eq(ConcernStatus::Raised),
                    safeguarding_concern::review_due_on.eq(super::stored::Day(now().day())),
                    safeguarding_concern::details.eq(super::stored::Json(0)),
                    safeguarding_concern::sealed.eq(Vec::<u8>::new()),
                    safeguarding_concern::version.eq(1),
                    safeguarding_concern::created_at.eq(now()),
                    safeguarding_concern::recorded_by.eq(by),
                ))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    }

    /// Makes somebody the subject of a case.
    pub fn subject(&self, by: &Caller, case: CaseId, person: PersonId) {
        self.takes_part(by, case, person, ParticipantRole::Subject);
    }

    /// Lets somebody take part in a case: as its subject, or as somebody's parent.
    pub fn takes_part(&self, by: &Caller, case: CaseId, person: PersonId, role: ParticipantRole) {
        let relation = if role == ParticipantRole::Subject { Relation::OwnSelf } else { Relation::Parent };
        let by = by.staff;
        self.write(move |tx| {
            diesel::insert_into(participant::table)
                .values((
                    participant::id.eq(ParticipantId::mint()),
                    participant::case_id.eq(case),
                    participant::person_id.eq(person),
                    participant::role.eq(role),
                    participant::relation.eq(relation),
                    participant::parental_responsibility.eq(super::stored::Json(Vec::<u8>::new())),
                    participant::served_separately.eq(false),
                    participant::kept_apart.eq(false),
                    participant::version.eq(1),
                    participant::created_at.eq(now()),
                    participant::recorded_by.eq(by),
                ))
                .execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    }

    /// Puts a case into this state, without anything that goes with it.
    pub fn stand(&self, case: CaseId, status: CaseStatus) {
        self.write(move |tx| {
            diesel::update(case_file::table.find(case)).set(case_file::status.eq(status)).execute(tx.conn)?;
            Ok(())
        })
        .unwrap();
    }

    /// A disclosure row without content.
    pub fn bare_disclosure(&self, by: &Caller, case: CaseId) -> DisclosureId {
        let (id, by) = (DisclosureId::mint(), by.staff);
        self.write(move |tx| {
            diesel::insert_into(disclosure::table)
                .values((
                    disclosure::id.eq(id),
                    disclosure::case_id.eq(case),
                    disclosure::basis.eq(Basis::Permission),
                    disclosure::decided_at.eq(now()),
                    disclosure::decided_by.eq(by),
                    disclosure::details.eq(super::stored::Json(0)),
                    disclosure::sealed.eq(Vec::<u8>::new()),
                ))
                .execute(tx.conn)?;
            Ok(id)
        })
        .unwrap()
    }

    /// Every byte of the database: of its files, those of the write-ahead log among them, or of every table as the server prints it.
    pub fn bytes(&self) -> Vec<u8> {
        if let Some(server) = &self.server {
            return server.dump();
        }
        let files = std::fs::read_dir(self.place.path()).unwrap().map(|entry| entry.unwrap().path());
        files.flat_map(|path| std::fs::read(path).unwrap()).collect()
    }
}

/// Whether these bytes hold this text.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
