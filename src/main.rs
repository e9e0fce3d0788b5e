//! The `railspine` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    railspine::cli::main(std::env::args_os())
}
