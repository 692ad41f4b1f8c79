//! What a text gives away must be listed in the cohort.

use super::at;
use crate::domain::anonymity::Cohort;
use crate::domain::disclosure::RefusalRule;
use crate::policy::anonymity::descriptors_missing;

fn missing(text: &str, cohort: &Cohort) -> Vec<String> {
    let known =
        ["Larkbeck Primary School", "Larkbeck Secondary School", "St Aldan's CE Infant School", "The Park School"].map(String::from);
    let found = descriptors_missing(text, cohort, &known);
    assert!(found.iter().all(|hit| hit.rule == RefusalRule::CohortDescriptorMissing));
    found.into_iter().map(|hit| at(text, hit)).collect()
}

fn listing(setting: Option<&str>, outward: Option<&str>) -> Cohort {
    Cohort { setting_name: setting.map(Into::into), outward_code: outward.map(Into::into), ..Cohort::default() }
}

#[test]
fn a_known_setting_in_the_text_must_be_listed() {
    let none = listing(None, None);
    assert_eq!(missing("pupils of LARKBECK primary wait", &none), ["LARKBECK primary"]);
    assert_eq!(missing("pupils of Larkbeck wait", &none), ["Larkbeck"]);
    assert_eq!(missing("pupils of St Aldan’s wait", &none), ["St Aldan"]);
    assert_eq!(missing("the park is closed; Park visits are off", &none), Vec::<String>::new());
    assert_eq!(missing("at the Park School", &none), ["Park School"]);
    let larkbeck = listing(Some("Larkbeck Primary School"), None);
    assert_eq!(missing("Larkbeck, that is Larkbeck Primary", &larkbeck), Vec::<String>::new());
    assert_eq!(missing("Larkbeck Secondary School", &larkbeck), ["Larkbeck Secondary School"]);
}

#[test]
fn an_outward_code_in_the_text_must_be_listed() {
    let none = listing(None, None);
    assert_eq!(missing("families in LA9, EC1A and M1 wait", &none), ["LA9", "EC1A", "M1"]);
    assert_eq!(missing("families in LA9 wait", &listing(None, Some("la9"))), Vec::<String>::new());
    assert_eq!(missing("families in LA9 wait", &listing(None, Some("LA8"))), ["LA9"]);
    for text in ["KS2 results", "under s36 and S.36", "sections B1, B2 and E3", "regulation S4", "la9", "ZZ9 plural", "LA999", "XLA9"] {
        assert_eq!(missing(text, &none), Vec::<String>::new(), "{text}");
    }
}
