//! Whether every entry has an id of its own, in little memory: ids are UUIDv7, so they come nearly in order.

/// The ids seen so far. At least the greatest `WINDOW` are known, and of those before only that they ascended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids<const WINDOW: usize> {
    window: Vec<u128>,
    /// The greatest that is not kept any more. Those before it ascended.
    passed: Option<u128>,
    /// Those that came when as great ones were passed.
    late: Vec<u128>,
}

/// An id that stands twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Twice;

impl<const WINDOW: usize> Ids<WINDOW> {
    /// The next one.
    pub fn push(&mut self, id: u128) -> Result<(), Twice> {
        match self.passed {
            Some(passed) if id == passed => return Err(Twice),
            Some(passed) if id < passed => {
                // However many there are, no more can be said.
                if self.late.len() < WINDOW {
                    self.late.push(id);
                }
                return Ok(());
            }
            _ => self.window.push(id),
        }
        if self.window.len() == 2 * WINDOW { self.settle(WINDOW) } else { Ok(()) }
    }

    /// Puts what is kept in order, and lets go of all but the greatest.
    fn settle(&mut self, keep: usize) -> Result<(), Twice> {
        self.window.sort_unstable();
        if self.window.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            return Err(Twice);
        }
        let gone = self.window.len().saturating_sub(keep);
        self.passed = self.window.drain(..gone).next_back().or(self.passed);
        Ok(())
    }

    /// Whether it is certain that none stands twice: not, if some came too late to be compared with all.
    pub fn finish(mut self) -> Result<bool, Twice> {
        self.settle(0)?;
        self.late.sort_unstable();
        let twice = self.late.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
        if twice { Err(Twice) } else { Ok(self.late.is_empty()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: usize = 64;

    fn seen(ids: impl IntoIterator<Item = u128>) -> Result<bool, Twice> {
        let mut all = Ids::<WINDOW>::default();
        ids.into_iter().try_for_each(|id| all.push(id))?;
        all.finish()
    }

    #[test]
    fn an_id_that_stands_twice_is_found_near_and_far_and_one_far_out_of_order_is_not_judged() {
        let many = 2 * WINDOW as u128 + 10;
        assert_eq!(seen([]), Ok(true));
        assert_eq!(seen([3, 1, 2]), Ok(true));
        assert_eq!(seen([3, 1, 3]), Err(Twice));
        assert_eq!(seen((1..many).map(|id| id ^ 1)), Ok(true), "those of two that write at once");
        assert_eq!(seen((1..many).chain([many - 5])), Err(Twice));
        assert_eq!(seen((1..many).chain([WINDOW as u128])), Err(Twice), "the greatest that is not kept");
        assert_eq!(seen((1..many).chain([7])), Ok(false), "it may have been there or not");
        assert_eq!(seen((1..many).chain([7, 7])), Err(Twice));
    }
}
