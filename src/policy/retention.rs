//! How long a case is kept (C16): the classes of the retention schedule, by the years that are configured. The longest class that fits wins.
//!
//! What is kept apart from the case, item by item, has a class of its own: permissions, safeguarding, requests, logs.

use chrono::NaiveDate;

use crate::domain::case::{Retention, RetentionFacts, SubjectFact};
use crate::domain::retention::RetentionYears;
use crate::domain::time::{age_out_on, months_after};
use crate::domain::vocabulary::{InterventionLevel, PersonKind, RetentionClass, SenProvision};

/// The class of a case, and the day on which its keeping is looked at. Without a birth date a class that counts from it has no such day:
/// nothing is disposed of by itself.
#[must_use]
pub fn of(facts: &RetentionFacts, years: &RetentionYears) -> Retention {
    let kept = |class, review_on| Retention { class, review_on, held: false };
    let for_years = |class, from| years.of(class).map(|years| years_after(from, years));
    let classes = facts.subjects.iter().filter_map(|subject| {
        let class = from_birth(facts, *subject)?;
        Some(((class, years.of(class)?), subject.date_of_birth))
    });
    let longest = classes.clone().map(|(class, _)| class).max_by_key(|(class, years)| (*years, std::cmp::Reverse(*class)));
    if let Some((class, _)) = longest {
        let days: Option<Vec<NaiveDate>> = classes.map(|((_, years), born)| Some(years_after(born?, years))).collect();
        return kept(class, days.and_then(|days| days.into_iter().max()));
    }
    if is_plan_or_tribunal(facts) {
        return kept(RetentionClass::Rc04EhcpTribunal, None);
    }
    if facts.level != InterventionLevel::L1 {
        return kept(RetentionClass::Rc06ParentOnly, for_years(RetentionClass::Rc06ParentOnly, facts.last_contact_on));
    }
    if facts.identified {
        return kept(RetentionClass::Rc02InformationOnly, for_years(RetentionClass::Rc02InformationOnly, facts.last_contact_on));
    }
    kept(RetentionClass::Rc01AnonymousEnquiry, facts.closed_on.and_then(|day| for_years(RetentionClass::Rc01AnonymousEnquiry, day)))
}

fn years_after(day: NaiveDate, years: u32) -> NaiveDate {
    months_after(day, years * 12)
}

fn is_plan_or_tribunal(facts: &RetentionFacts) -> bool {
    facts.level == InterventionLevel::L4 || facts.provision == Some(SenProvision::E)
}

/// The class that counts from the birth of this child or young person, if one does.
fn from_birth(facts: &RetentionFacts, subject: SubjectFact) -> Option<RetentionClass> {
    if subject.looked_after {
        return Some(RetentionClass::Rc07LookedAfter);
    }
    if is_plan_or_tribunal(facts) {
        return Some(RetentionClass::Rc04EhcpTribunal);
    }
    let is_young = subject.date_of_birth.map_or(subject.kind == PersonKind::YoungPerson, |born| facts.opened_on > age_out_on(born));
    if subject.own_case && is_young {
        return Some(RetentionClass::Rc05YoungPersonOwn);
    }
    (facts.level != InterventionLevel::L1).then_some(RetentionClass::Rc03ChildCasework)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn child(born: Option<&str>) -> SubjectFact {
        SubjectFact { kind: PersonKind::Child, date_of_birth: born.map(day), looked_after: false, own_case: false }
    }

    fn case(level: InterventionLevel, subjects: &[SubjectFact]) -> RetentionFacts {
        RetentionFacts {
            level,
            provision: Some(SenProvision::K),
            opened_on: day("2026-09-14"),
            closed_on: None,
            last_contact_on: day("2026-09-20"),
            subjects: subjects.to_vec(),
            identified: true,
        }
    }

    fn kept(facts: &RetentionFacts) -> (RetentionClass, Option<String>) {
        let Retention { class, review_on, .. } = of(facts, &RetentionYears::default());
        (class, review_on.map(|day| day.to_string()))
    }

    #[test]
    fn casework_about_a_child_is_kept_25_years_from_the_birth() {
        let facts = case(InterventionLevel::L2, &[child(Some("2017-02-11"))]);
        assert_eq!(kept(&facts), (RetentionClass::Rc03ChildCasework, Some("2042-02-11".into())));
    }

    #[test]
    fn the_years_are_those_that_are_configured() {
        let classes = [
            RetentionClass::Rc01AnonymousEnquiry,
            RetentionClass::Rc02InformationOnly,
            RetentionClass::Rc03ChildCasework,
            RetentionClass::Rc06ParentOnly,
        ];
        let years = RetentionYears::configured(classes.map(|class| (class, 10)));
        let until = |facts: &RetentionFacts| of(facts, &years).review_on.map(|day| day.to_string()).unwrap();
        let anonymous = RetentionFacts { identified: false, closed_on: Some(day("2026-10-01")), ..case(InterventionLevel::L1, &[]) };
        assert_eq!(until(&case(InterventionLevel::L2, &[child(Some("2017-02-11"))])), "2027-02-11");
        assert_eq!(until(&case(InterventionLevel::L2, &[])), "2036-09-20");
        assert_eq!(until(&case(InterventionLevel::L1, &[])), "2036-09-20");
        assert_eq!(until(&anonymous), "2036-10-01");
    }

    #[test]
    fn a_plan_or_a_tribunal_is_kept_31_years() {
        let child = child(Some("2017-02-11"));
        let plan = RetentionFacts { provision: Some(SenProvision::E), ..case(InterventionLevel::L1, &[child]) };
        for facts in [plan, case(InterventionLevel::L4, &[child])] {
            assert_eq!(kept(&facts), (RetentionClass::Rc04EhcpTribunal, Some("2048-02-11".into())));
        }
        assert_eq!(kept(&case(InterventionLevel::L4, &[])), (RetentionClass::Rc04EhcpTribunal, None));
    }

    #[test]
    fn whoever_was_looked_after_is_kept_longest() {
        let looked_after = SubjectFact { looked_after: true, ..child(Some("2016-02-29")) };
        let facts = case(InterventionLevel::L4, &[looked_after, child(Some("2020-01-01"))]);
        assert_eq!(kept(&facts), (RetentionClass::Rc07LookedAfter, Some("2091-02-28".into())));
    }

    #[test]
    fn a_young_persons_own_case_is_kept_31_years_and_a_childs_own_case_as_any_childs() {
        let own = |born| SubjectFact { own_case: true, ..child(Some(born)) };
        let young = case(InterventionLevel::L1, &[own("2008-05-01")]);
        assert_eq!(kept(&young), (RetentionClass::Rc05YoungPersonOwn, Some("2039-05-01".into())));
        assert_eq!(kept(&case(InterventionLevel::L2, &[own("2014-05-01")])).0, RetentionClass::Rc03ChildCasework);
    }

    #[test]
    fn without_every_birth_date_there_is_no_day() {
        let facts = case(InterventionLevel::L3, &[child(None), child(Some("2017-02-11"))]);
        assert_eq!(kept(&facts), (RetentionClass::Rc03ChildCasework, None));
    }

    #[test]
    fn a_case_about_no_named_child_counts_from_the_last_contact_and_an_anonymous_enquiry_from_its_closing() {
        assert_eq!(kept(&case(InterventionLevel::L2, &[])), (RetentionClass::Rc06ParentOnly, Some("2032-09-20".into())));
        let enquiry = case(InterventionLevel::L1, &[child(None)]);
        assert_eq!(kept(&enquiry), (RetentionClass::Rc02InformationOnly, Some("2029-09-20".into())));
        let anonymous = RetentionFacts { identified: false, ..enquiry };
        assert_eq!(kept(&anonymous), (RetentionClass::Rc01AnonymousEnquiry, None));
        let closed = RetentionFacts { closed_on: Some(day("2026-10-01")), ..anonymous };
        assert_eq!(kept(&closed), (RetentionClass::Rc01AnonymousEnquiry, Some("2027-10-01".into())));
    }
}
