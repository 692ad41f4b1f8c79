//! What is asked for, item by item, and each thing that a permission must cover.

use std::collections::BTreeSet;

use super::cover::Matter;
use crate::domain::disclosure::{Ask, Facts, NoteFact};
use crate::domain::ids::PersonId;
use crate::policy::authority::is_professional;

/// One note, or what is passed on beyond notes.
pub(super) struct Item<'a> {
    pub(super) note: Option<&'a NoteFact>,
    pub(super) subjects: BTreeSet<PersonId>,
    /// Each category and where it stands in the request.
    pub(super) categories: Vec<(String, Matter)>,
}

/// One thing that a permission must cover.
#[derive(Clone, Copy)]
pub(super) struct Need<'a> {
    pub(super) item: &'a Item<'a>,
    pub(super) subject: PersonId,
    pub(super) matter: Matter,
}

impl Item<'_> {
    pub(super) fn needs(&self) -> impl Iterator<Item = Need<'_>> {
        let each = move |subject| self.categories.iter().map(move |(_, matter)| Need { item: self, subject, matter: *matter });
        self.subjects.iter().copied().flat_map(each)
    }
}

/// The notes asked for, each with its place in the request; none of one that cannot be read.
pub(super) fn notes<'a>(ask: &'a Ask, facts: &'a Facts) -> impl Iterator<Item = (String, Option<&'a NoteFact>)> {
    let find = |id| facts.notes.iter().find(|note| note.id == id);
    ask.note_ids.iter().enumerate().map(move |(i, id)| (format!("#/noteIds/{i}"), find(*id)))
}

/// The notes, in the order of the request, then what goes beyond them. An item that cannot be read has nobody who could permit it.
pub(super) fn items<'a>(ask: &'a Ask, facts: &'a Facts) -> Vec<Item<'a>> {
    let subjects = |people: Vec<PersonId>| people.into_iter().filter(|person| !is_professional(*person, &facts.family)).collect();
    let mut items: Vec<_> = notes(ask, facts)
        .map(|(pointer, note)| {
            let matter = |category| (pointer.clone(), Matter { note: note.map(|note| note.id), category });
            let categories: Vec<_> = note.into_iter().flat_map(|note| &note.categories).map(|category| matter(Some(*category))).collect();
            Item {
                note,
                subjects: subjects(note.into_iter().flat_map(|note| note.from.into_iter().chain(note.about.iter().copied())).collect()),
                categories: if categories.is_empty() { vec![matter(None)] } else { categories },
            }
        })
        .collect();
    if items.is_empty() || !ask.subject_ids.is_empty() || !ask.information_categories.is_empty() {
        let categories = ask.information_categories.iter().enumerate();
        let categories: Vec<_> = categories
            .map(|(i, category)| (format!("#/informationCategories/{i}"), Matter { note: None, category: Some(*category) }))
            .collect();
        let none = ("#/subjectIds".to_owned(), Matter { note: None, category: None });
        items.push(Item {
            note: None,
            subjects: subjects(ask.subject_ids.clone()),
            categories: if categories.is_empty() { vec![none] } else { categories },
        });
    }
    items
}

/// Whether the wish for confidence is that of the subject of this need: of whoever expressed it, else of whom the note is from, else of everyone.
pub(super) fn wishes_confidence(need: Need<'_>) -> bool {
    need.item.note.is_some_and(|note| {
        let wish = note.wish_by.or(note.from).filter(|person| need.item.subjects.contains(person));
        note.keep_confidential && wish.is_none_or(|person| person == need.subject)
    })
}
