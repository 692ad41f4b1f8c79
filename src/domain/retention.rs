//! The retention schedule: how long each class of record is kept, from when, and what becomes of it then (C16). The periods are configuration; these are
//! the defaults of the design.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::vocabulary::{RetentionAction, RetentionClass, RetentionTrigger, Vocabulary};

/// On what the schedule rests, unless configured otherwise.
pub const SOURCE: &str = "Joint council retention schedule";

/// The most years for which a class may be kept.
const MOST_YEARS: u32 = 150;

/// How many years each class is kept: those that a deployment configures, and the defaults for all others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionYears(BTreeMap<RetentionClass, u32>);

impl RetentionYears {
    /// As configured.
    #[must_use]
    pub fn configured(years: impl IntoIterator<Item = (RetentionClass, u32)>) -> Self {
        Self(years.into_iter().collect())
    }

    /// The years of a class; none if it is kept for good.
    #[must_use]
    pub fn of(&self, class: RetentionClass) -> Option<u32> {
        let (.., usual) = defaults(class);
        usual.map(|usual| self.0.get(&class).copied().unwrap_or(usual))
    }

    /// One setting, `CLASS=YEARS`.
    ///
    /// # Errors
    /// What is wrong with it: no such class, one that is kept for good, or no number of years from 1 to 150.
    pub fn parse(setting: &str) -> Result<(RetentionClass, u32), String> {
        let (class, years) = setting.split_once('=').ok_or("must be CLASS=YEARS")?;
        let class = RetentionClass::parse(class.trim()).filter(|class| defaults(*class).2.is_some());
        let class = class.ok_or("must name a class of the retention schedule that has a period")?;
        let years = years.trim().parse().ok().filter(|years| (1..=MOST_YEARS).contains(years));
        Ok((class, years.ok_or("must be from 1 to 150 years")?))
    }

    /// The whole schedule, which rests on this source.
    #[must_use]
    pub fn schedule(&self, source: &str) -> RetentionSchedule {
        let period = |class: &RetentionClass| {
            let (trigger, action, usual) = defaults(*class);
            let years = self.of(*class);
            RetentionPeriod { class: *class, content: class.label(), trigger, years, action, is_default: years == usual }
        };
        RetentionSchedule { source: source.to_owned(), items: RetentionClass::ALL.iter().map(period).collect() }
    }
}

/// From when a class counts, what becomes of it, and after how many years, unless configured otherwise (`domain.md`).
const fn defaults(class: RetentionClass) -> (RetentionTrigger, RetentionAction, Option<u32>) {
    use RetentionAction::{DecideTogether, Delete, OfferToArchive, ReviewThenDelete};
    use RetentionClass as Class;
    use RetentionTrigger as From;
    match class {
        Class::Rc01AnonymousEnquiry => (From::Closure, Delete, Some(1)),
        Class::Rc02InformationOnly => (From::LastContact, Delete, Some(3)),
        Class::Rc03ChildCasework => (From::Birth, ReviewThenDelete, Some(25)),
        Class::Rc04EhcpTribunal | Class::Rc05YoungPersonOwn => (From::Birth, ReviewThenDelete, Some(31)),
        Class::Rc06ParentOnly => (From::LastContact, Delete, Some(6)),
        Class::Rc07LookedAfter => (From::Birth, OfferToArchive, Some(75)),
        Class::Rc08Safeguarding => (From::Event, DecideTogether, Some(35)),
        Class::Rc09ConsentRecord => (From::LastReliance, Delete, Some(6)),
        Class::Rc10DisclosureLog => (From::Disposal, Delete, Some(6)),
        Class::Rc11Sar => (From::Closure, Delete, Some(3)),
        Class::Rc12LegalRequest => (From::ProceedingsEnd, Delete, Some(6)),
        Class::Rc13AccessAudit => (From::Event, Delete, Some(6)),
        Class::Rc14Statistics => (From::Publication, OfferToArchive, None),
        Class::Rc15DpComplaint => (From::Closure, Delete, Some(6)),
    }
}

/// How long a class of record is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionPeriod {
    /// The class.
    pub class: RetentionClass,
    /// What belongs to it, in plain words.
    #[schema(max_length = 200)]
    pub content: &'static str,
    /// From when the period counts.
    pub trigger: RetentionTrigger,
    /// How many years; absent if it is kept for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 150)]
    pub years: Option<u32>,
    /// What becomes of it then.
    pub action: RetentionAction,
    /// Whether that is the period of the design, and not one that this service configured.
    pub is_default: bool,
}

/// The retention schedule of this service. Where classes meet, the longest wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"source": "Joint council retention schedule", "items": [{"class": "rc03_child_casework", "content": "Child casework",
    "trigger": "birth", "years": 25, "action": "review_then_delete", "isDefault": true}]}))]
pub struct RetentionSchedule {
    /// On what the periods rest.
    #[schema(max_length = 300)]
    pub source: String,
    /// The classes.
    #[schema(max_items = 50)]
    pub items: Vec<RetentionPeriod>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_configured_for_a_class_that_has_one() {
        assert_eq!(RetentionYears::parse("rc06_parent_only=7"), Ok((RetentionClass::Rc06ParentOnly, 7)));
        for bad in
            ["", "rc06_parent_only", "rc06_parent_only=0", "rc06_parent_only=151", "rc06_parent_only=x", "rc14_statistics=9", "rc99=3"]
        {
            assert!(RetentionYears::parse(bad).is_err(), "{bad}");
        }
        let years = RetentionYears::configured([(RetentionClass::Rc06ParentOnly, 7)]);
        assert_eq!(
            [RetentionClass::Rc06ParentOnly, RetentionClass::Rc07LookedAfter, RetentionClass::Rc14Statistics].map(|class| years.of(class)),
            [Some(7), Some(75), None]
        );
        let schedule = years.schedule("The council");
        let told: Vec<_> = schedule.items.iter().filter(|period| !period.is_default).map(|period| (period.class, period.years)).collect();
        assert_eq!((told, schedule.items.len()), (vec![(RetentionClass::Rc06ParentOnly, Some(7))], RetentionClass::ALL.len()));
    }
}
