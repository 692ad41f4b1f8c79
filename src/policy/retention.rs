//! How long a case is kept (C16): the classes of the retention schedule, by the years that are configured. What is in a case has a class of its own,
//! item by item: risks, permissions, requests for legal proceedings, subject access requests. The longest that fits wins.

use chrono::NaiveDate;

use crate::domain::case::{Retention, RetentionFacts, SubjectFact};
use crate::domain::disclosure::RefusalRule;
use crate::domain::disposal::{NewDisposal, Standing};
use crate::domain::retention::RetentionYears;
use crate::domain::time::{age_out_on, months_after};
use crate::domain::vocabulary::{DisposalGround, InterventionLevel, PersonKind, RetentionClass, SenProvision};

/// The class of a case, and the day on which its keeping is looked at. Without a birth date a class that counts from it has no such day:
/// nothing is disposed of by itself.
#[must_use]
pub fn of(facts: &RetentionFacts, years: &RetentionYears) -> Retention {
    let case = of_case(facts, years);
    let after = |class, on: NaiveDate| Some((class, years_after(on, years.of(class)?)));
    let risk = facts.risk_on.and_then(|on| {
        let (class, day) = after(RetentionClass::Rc08Safeguarding, on)?;
        // Not before a child is grown up either.
        let born = facts.subjects.iter().filter_map(|subject| subject.date_of_birth).max();
        Some((class, born.and_then(|born| after(RetentionClass::Rc03ChildCasework, born)).map_or(day, |(_, grown)| grown.max(day))))
    });
    let relied = facts.relied_on.and_then(|on| after(RetentionClass::Rc09ConsentRecord, on));
    // Proceedings of which nobody tells the end have ended with the case.
    let legal = facts.legal_on.map(|on| facts.closed_on.map_or(on, |closed| closed.max(on)));
    let legal = legal.and_then(|on| after(RetentionClass::Rc12LegalRequest, on));
    let asked = facts.sar_on.and_then(|on| after(RetentionClass::Rc11Sar, on));
    let items = [risk, relied, legal, asked].into_iter().flatten();
    let items_until = items.clone().map(|(_, day)| day).max();
    let Some(day) = case.review_on else { return Retention { items_until, ..case } };
    let (class, day) = items.fold((case.class, day), |kept, item| if item.1 > kept.1 { item } else { kept });
    Retention { class, review_on: Some(day), items_until, ..case }
}

/// What stands in the way of disposing of a case that stands so, as is proposed.
#[must_use]
pub fn objection(standing: &Standing, proposed: &NewDisposal, today: NaiveDate) -> Option<RefusalRule> {
    let Standing { closed, undecided, risk, retention, .. } = *standing;
    let too_early = match proposed.ground {
        DisposalGround::PeriodOver => retention.review_on.is_none_or(|day| day > today).then_some(RefusalRule::PeriodNotOver),
        DisposalGround::BirthDateUnknown if retention.review_on.is_some() => Some(RefusalRule::BirthDateKnown),
        // What does not count from a birth is kept as long as ever.
        DisposalGround::BirthDateUnknown => retention.items_until.is_some_and(|day| day > today).then_some(RefusalRule::PeriodNotOver),
        DisposalGround::ErasureRequest => None,
    };
    // A hold beats everything.
    let rules = [
        (retention.held, RefusalRule::OnHold),
        (!closed, RefusalRule::CaseNotClosed),
        (undecided, RefusalRule::Unsettled),
        (retention.class != proposed.class, RefusalRule::OtherRetentionClass),
        // Of a risk the manager and the data protection officer decide together.
        (risk && proposed.officer.is_none(), RefusalRule::OfficerAgreementMissing),
    ];
    rules.into_iter().find_map(|(stands, rule)| stands.then_some(rule)).or(too_early)
}

/// The class of a case by itself.
fn of_case(facts: &RetentionFacts, years: &RetentionYears) -> Retention {
    let kept = |class, review_on| Retention { class, review_on, held: false, items_until: None };
    let for_years = |class, from| years.of(class).map(|years| years_after(from, years));
    // Whoever closes a case had to do with it.
    let last_contact_on = facts.closed_on.map_or(facts.last_contact_on, |closed| closed.max(facts.last_contact_on));
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
        return kept(RetentionClass::Rc06ParentOnly, for_years(RetentionClass::Rc06ParentOnly, last_contact_on));
    }
    if facts.identified {
        return kept(RetentionClass::Rc02InformationOnly, for_years(RetentionClass::Rc02InformationOnly, last_contact_on));
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
            risk_on: None,
            relied_on: None,
            legal_on: None,
            sar_on: None,
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
    fn the_longest_of_what_is_in_a_case_wins_item_by_item() {
        let facts = case(InterventionLevel::L1, &[]);
        let (passed_on, born) = (Some(day("2026-10-01")), child(Some("2017-02-11")));
        for (facts, class, until) in [
            (RetentionFacts { relied_on: passed_on, ..facts.clone() }, RetentionClass::Rc09ConsentRecord, "2032-10-01"),
            (RetentionFacts { legal_on: passed_on, ..facts.clone() }, RetentionClass::Rc12LegalRequest, "2032-10-01"),
            (RetentionFacts { sar_on: passed_on, ..facts.clone() }, RetentionClass::Rc11Sar, "2029-10-01"),
            (
                RetentionFacts { legal_on: passed_on, closed_on: Some(day("2026-12-01")), ..facts.clone() },
                RetentionClass::Rc12LegalRequest,
                "2032-12-01",
            ),
            (
                RetentionFacts { risk_on: passed_on, relied_on: passed_on, ..case(InterventionLevel::L2, &[born]) },
                RetentionClass::Rc08Safeguarding,
                "2061-10-01",
            ),
            (
                RetentionFacts { relied_on: passed_on, ..case(InterventionLevel::L2, &[born]) },
                RetentionClass::Rc03ChildCasework,
                "2042-02-11",
            ),
        ] {
            assert_eq!(kept(&facts), (class, Some(until.into())), "{facts:?}");
        }
        // A birth date that is not known switches nothing else off.
        let unknown = of(&RetentionFacts { risk_on: passed_on, ..case(InterventionLevel::L2, &[child(None)]) }, &RetentionYears::default());
        assert_eq!((unknown.review_on, unknown.items_until), (None, Some(day("2061-10-01"))));
        // Of a young child, until it is grown up: 40 years, where risks are kept 20.
        let years = RetentionYears::configured([(RetentionClass::Rc08Safeguarding, 20), (RetentionClass::Rc03ChildCasework, 40)]);
        let facts = RetentionFacts { risk_on: passed_on, ..case(InterventionLevel::L1, &[born]) };
        assert_eq!(of(&facts, &years).review_on, Some(day("2057-02-11")));
        let unknown = RetentionFacts { risk_on: passed_on, ..case(InterventionLevel::L2, &[child(None)]) };
        assert_eq!(kept(&unknown), (RetentionClass::Rc03ChildCasework, None), "without a birth date nothing is due by itself");
    }

    #[test]
    fn a_hold_beats_everything_and_no_case_goes_before_its_time() {
        use DisposalGround::{BirthDateUnknown, ErasureRequest, PeriodOver};
        let class = RetentionClass::Rc06ParentOnly;
        let due = Standing {
            closed: true,
            undecided: false,
            risk: false,
            retention: Retention { class, review_on: Some(day("2032-09-20")), held: false, items_until: None },
            held_unknown: false,
        };
        let proposal = |ground| NewDisposal { case_ids: Vec::new(), class, ground, officer: None, officer_agreed_on: None };
        let judged = |standing: Standing, ground, today| objection(&standing, &proposal(ground), day(today));
        assert_eq!(judged(due, PeriodOver, "2032-09-20"), None);
        assert_eq!(judged(due, PeriodOver, "2032-09-19"), Some(RefusalRule::PeriodNotOver));
        assert_eq!(judged(due, BirthDateUnknown, "2032-09-20"), Some(RefusalRule::BirthDateKnown));
        assert_eq!(judged(due, ErasureRequest, "2026-10-01"), None);
        let unknown = Standing { retention: Retention { review_on: None, ..due.retention }, ..due };
        assert_eq!(judged(unknown, PeriodOver, "2099-01-01"), Some(RefusalRule::PeriodNotOver));
        assert_eq!(judged(unknown, BirthDateUnknown, "2026-10-01"), None);
        let shared = Standing { retention: Retention { items_until: Some(day("2061-06-01")), ..unknown.retention }, ..unknown };
        assert_eq!(judged(shared, BirthDateUnknown, "2061-05-31"), Some(RefusalRule::PeriodNotOver));
        assert_eq!(judged(shared, BirthDateUnknown, "2061-06-01"), None);
        let held = Standing { retention: Retention { held: true, ..due.retention }, closed: false, ..due };
        for ground in [PeriodOver, BirthDateUnknown, ErasureRequest] {
            assert_eq!(judged(held, ground, "2099-01-01"), Some(RefusalRule::OnHold));
            assert_eq!(judged(Standing { closed: false, ..due }, ground, "2099-01-01"), Some(RefusalRule::CaseNotClosed));
            assert_eq!(judged(Standing { undecided: true, ..due }, ground, "2099-01-01"), Some(RefusalRule::Unsettled));
            let other = Retention { class: RetentionClass::Rc08Safeguarding, ..due.retention };
            assert_eq!(judged(Standing { retention: other, ..due }, ground, "2099-01-01"), Some(RefusalRule::OtherRetentionClass));
            let risk = Standing { risk: true, ..if ground == BirthDateUnknown { unknown } else { due } };
            assert_eq!(judged(risk, ground, "2099-01-01"), Some(RefusalRule::OfficerAgreementMissing));
            let agreed = NewDisposal { officer: Some("Robin Vale".into()), officer_agreed_on: Some(day("2098-12-01")), ..proposal(ground) };
            assert_eq!(objection(&risk, &agreed, day("2099-01-01")), None);
        }
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
        // It was closed later than anybody was last heard of.
        let closed = |facts: RetentionFacts| RetentionFacts { closed_on: Some(day("2026-12-01")), ..facts };
        assert_eq!(kept(&closed(case(InterventionLevel::L2, &[]))).1, Some("2032-12-01".into()));
        assert_eq!(kept(&closed(case(InterventionLevel::L1, &[child(None)]))).1, Some("2029-12-01".into()));
        let enquiry = case(InterventionLevel::L1, &[child(None)]);
        assert_eq!(kept(&enquiry), (RetentionClass::Rc02InformationOnly, Some("2029-09-20".into())));
        let anonymous = RetentionFacts { identified: false, ..enquiry };
        assert_eq!(kept(&anonymous), (RetentionClass::Rc01AnonymousEnquiry, None));
        let closed = RetentionFacts { closed_on: Some(day("2026-10-01")), ..anonymous };
        assert_eq!(kept(&closed), (RetentionClass::Rc01AnonymousEnquiry, Some("2027-10-01".into())));
    }
}
