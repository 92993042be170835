//! What is written to the terminal: results on stdout, everything else on stderr.

use std::io::{IsTerminal, Write};

/// Writes one line to stdout, at once: whoever waits for it may be reading from a pipe.
///
/// # Errors
/// Nobody reads stdout any more.
pub fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Writes one line to stderr; there is nobody left to tell when that fails.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// The text in red, where stdout is a terminal that wants colours.
#[must_use]
pub fn red(text: &str) -> String {
    coloured(text, 31)
}

/// The text in green, where stdout is a terminal that wants colours.
#[must_use]
pub fn green(text: &str) -> String {
    coloured(text, 32)
}

fn coloured(text: &str, colour: u8) -> String {
    // https://no-color.org: any value that is not empty turns colours off.
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && std::io::stdout().is_terminal() {
        format!("\x1b[{colour}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
