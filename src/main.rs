//! Parse, run, exit code.
use std::process::ExitCode;

/// Calls come and go by the ten thousand a second, each with its strings.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    backstock::cli::main()
}
