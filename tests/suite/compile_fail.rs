//! What must never build: each program of `tests/compile_fail` is given to the compiler, with the library as the
//! tests use it. Its first line says what the compiler must complain about; a program that says "builds" must build,
//! so that the others are known to fail for their own reason.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The library that this very test binary is linked with: the youngest beside it.
fn library(folder: &Path) -> PathBuf {
    let age = |path: &PathBuf| -> SystemTime { path.metadata().unwrap().modified().unwrap() };
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("libleadgate-") && name.ends_with(".rlib")
        })
        .max_by_key(age)
        .expect("the library is built before its tests")
}

/// What the compiler says about a program; nothing when it builds.
fn complaints(program: &Path) -> Option<String> {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap();
    let out = tempfile::tempdir().unwrap();
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let done = Command::new(compiler)
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata"])
        .arg("--out-dir")
        .arg(out.path())
        .arg("-L")
        .arg(format!("dependency={}", folder.display()))
        .arg("--extern")
        .arg(format!("leadgate={}", library(folder).display()))
        .arg(program)
        .output()
        .unwrap();
    (!done.status.success()).then(|| String::from_utf8_lossy(&done.stderr).into_owned())
}

#[test]
fn what_must_never_build_does_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let mut programs: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    programs.sort();

    let mut refused = 0;
    for program in &programs {
        let source = std::fs::read_to_string(program).unwrap();
        let wanted = source.lines().next().unwrap().trim_start_matches("// ");
        match (wanted, complaints(program)) {
            ("builds", None) => {}
            ("builds", Some(said)) => panic!("{} must build:\n{said}", program.display()),
            (_, None) => panic!("{} builds", program.display()),
            (wanted, Some(said)) => {
                let errors = said
                    .lines()
                    .filter(|line| line.starts_with("error") && !line.starts_with("error: aborting"));
                for error in errors {
                    assert!(
                        error.contains(wanted),
                        "{} must fail with {wanted:?} alone:\n{said}",
                        program.display()
                    );
                }
                refused += 1;
            }
        }
    }
    assert!(refused >= 8, "only {refused} programs");
}
