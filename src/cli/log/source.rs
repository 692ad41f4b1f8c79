//! A bundle as it is read: a line at a time, from a file or a pipe, however large it is.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::ledger::audit::Audit;
use crate::ledger::bundle::{FORMAT, Head, HeadReader, NoBundle};
use crate::ledger::leaf::MAX_BODY;

/// So many bytes are read at a time.
const BUFFER: usize = 256 * 1024;
/// So long a line may be, its line feed counted. One more byte shows that it is longer.
const MAX_LINE: usize = MAX_BODY + 1;
/// After so many entries somebody who waits is told how far it is.
const TELL: u64 = 20_000;
/// So long a file may be that is read whole: a checkpoint, a trust file.
const SMALL: u64 = 1024 * 1024;

/// A bundle that can be read once.
pub struct Source(Box<dyn BufRead>);

/// A file that whoever calls named.
pub fn opened(file: &Path) -> Result<File, Ended> {
    File::open(file).map_err(|error| Ended::used_wrongly(format!("{} cannot be read: {error}.", file.display())))
}

impl Source {
    /// Of this file; `-` is standard input.
    pub fn open(file: &Path) -> Result<Self, Ended> {
        if file.as_os_str() == "-" {
            return Ok(Self(Box::new(BufReader::with_capacity(BUFFER, io::stdin()))));
        }
        Ok(Self(Box::new(BufReader::with_capacity(BUFFER, opened(file)?))))
    }

    /// Whether it begins as a bundle does. Nothing of it is taken.
    pub fn is_bundle(&mut self) -> Result<bool, Ended> {
        let begins = self.0.fill_buf().map_err(|error| Ended::unknown(format!("The file could not be read: {error}.")))?;
        Ok(begins.starts_with(FORMAT.as_bytes()))
    }

    /// Reads all of what is no bundle, a line at a time, and a last one without a line feed.
    pub fn lines(mut self, mut each: impl FnMut(&[u8]) -> Result<(), Ended>) -> Result<(), Ended> {
        let mut line = Vec::new();
        while self.line(&mut line)? || !line.is_empty() {
            each(&line)?;
        }
        Ok(())
    }

    /// The head of a bundle; none, if it is another file.
    pub fn head(mut self) -> Result<Option<Head>, Ended> {
        let (mut reader, mut line) = (HeadReader::default(), Vec::new());
        while self.line(&mut line)? {
            match reader.line(&line) {
                Ok(None) => {}
                Ok(head) => return Ok(head),
                Err(NoBundle::Format) => return Ok(None),
                Err(fault) => return Err(Ended { code: 1, sentence: format!("The head of a bundle was changed or damaged: {fault}.") }),
            }
        }
        Ok(None)
    }

    /// Reads the next line, without its line feed. False: there is none; what is left then has no line feed.
    fn line(&mut self, line: &mut Vec<u8>) -> Result<bool, Ended> {
        line.clear();
        // Of a line without an end no more is kept than it takes to see that it is too long.
        let most = u64::try_from(MAX_LINE + 1).unwrap_or(u64::MAX);
        let read = self.0.by_ref().take(most).read_until(b'\n', line);
        read.map_err(|error| Ended::unknown(format!("The file could not be read to its end: {error}.")))?;
        let whole = line.pop_if(|last| *last == b'\n').is_some();
        Ok(whole || line.len() > MAX_LINE)
    }

    /// Lets the audit take all of it, and `each` entry that was taken, with its index. Whether there is more after the last line feed is answered.
    pub fn feed(mut self, audit: &mut Audit, mut each: impl FnMut(u64, &[u8]) -> io::Result<()>) -> Result<bool, Ended> {
        let (bar, mut line) = (bar(), Vec::new());
        while self.line(&mut line)? {
            let next = audit.next();
            if !audit.line(&line) {
                break;
            }
            let Some(index) = next else { continue };
            each(index, &line).map_err(|error| Ended::unknown(format!("It could not be printed: {error}.")))?;
            if index.is_multiple_of(TELL) {
                let (done, all) = audit.progress();
                bar.set_length(all);
                bar.set_position(done);
            }
        }
        bar.finish_and_clear();
        Ok(!line.is_empty())
    }
}

/// On standard error, after a while. Nothing is drawn where that is no terminal.
fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent}% of {len} entries, {eta} left") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// A file that is small, whole.
pub fn small(file: &Path) -> Result<Vec<u8>, String> {
    let unread = |error: io::Error| format!("{} cannot be read: {error}.", file.display());
    if fs::metadata(file).map_err(unread)?.len() > SMALL {
        return Err(format!("{} is too large to be what it should be.", file.display()));
    }
    fs::read(file).map_err(unread)
}

/// How a command ended that did not come to a good end.
pub struct Ended {
    /// The exit code.
    pub code: u8,
    /// Why.
    pub sentence: String,
}

impl Ended {
    /// It was used wrongly (`EX_USAGE`).
    pub fn used_wrongly(sentence: impl Into<String>) -> Self {
        Self { code: 64, sentence: sentence.into() }
    }

    /// It cannot be told.
    pub fn unknown(sentence: impl Into<String>) -> Self {
        Self { code: 2, sentence: sentence.into() }
    }

    /// Says so.
    pub fn said(&self) -> ExitCode {
        eprintln!("sendiass: {}", self.sentence);
        ExitCode::from(self.code)
    }
}
