//! `leadgate serve | work | migrate | demo | admin create`.

use std::process::ExitCode;

/// Gives memory back: the system's own keeps several times as much after a storm of sign-ins, each of which takes 19 MiB.
/// Without huge pages (the crate's `no_thp`), of which each holds 2 MiB, however little of it is used.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match leadgate::cli::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("leadgate: {error:#}");
            // EX_CONFIG of sysexits.h for a configuration that can't be used.
            if error.is::<leadgate::config::ConfigErrors>() {
                ExitCode::from(78)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
