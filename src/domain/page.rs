//! A page of a list, by keyset: never by offset, so that no row is shown twice or left out while others are added.

/// The place after which a page begins: the value of the sort key of the last row shown, and its id, which breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct After {
    /// The sort key as a number: microseconds, days, an index; 0 where the list is sorted by id alone.
    pub key: i64,
    /// The id of the row.
    pub id: uuid::Uuid,
}

/// Which page of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest {
    /// At most so many rows.
    pub limit: u32,
    /// Only rows after this place.
    pub after: Option<After>,
    /// Whether to count all rows the caller may read.
    pub include_total: bool,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last.
    pub next: Option<After>,
    /// How many rows there are in all, if that was asked for.
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// A page from one row more than was asked for, so that the last page is known to be the last.
    #[must_use]
    pub fn cut(mut rows: Vec<T>, request: &PageRequest, place: impl Fn(&T) -> After, total: Option<u64>) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(place) } else { None };
        Self { items: rows, next, total }
    }

    /// The same page with each row turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), next: self.next, total: self.total }
    }

    /// The same where one row may fail to be turned.
    pub fn try_map<U, E>(self, turn: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page { items: self.items.into_iter().map(turn).collect::<Result<_, E>>()?, next: self.next, total: self.total })
    }
}
