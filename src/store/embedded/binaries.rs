//! Which PostgreSQL runs: the machine's own programs, found without asking where that can be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{EmbeddedError, cannot};

/// The oldest major version that Backstock's SQL is tested on.
const MAJOR_MIN: u32 = 15;

/// Where the packages of the usual systems put their programs; `*` stands for any one name.
const USUAL_FOLDERS: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// A folder with `postgres` and `initdb`, and the version that they say they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub folder: PathBuf,
    /// As printed, for example `15.18`.
    pub version: String,
    pub major: u32,
}

impl Binaries {
    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Asks the `postgres` of a folder for its version. `None` where the folder lacks a program.
    fn of_folder(folder: &Path) -> Result<Option<Self>, EmbeddedError> {
        let postgres = folder.join("postgres");
        if !postgres.is_file() || !folder.join("initdb").is_file() {
            return Ok(None);
        }
        let output =
            Command::new(&postgres).arg("--version").output().map_err(cannot("run", &postgres))?;
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(parse_version(&said).map(|(version, major)| Self {
            folder: folder.to_path_buf(),
            version,
            major,
        }))
    }

    fn describe(&self) -> String {
        format!("{} in {}", self.version, self.folder.display())
    }
}

/// Finds the programs for a cluster: those of `made_by`, the major version of an existing one,
/// else the newest. A folder that was `chosen` is the only one looked at.
///
/// # Errors
/// [`EmbeddedError::NotInstalled`], [`EmbeddedError::TooOld`] or [`EmbeddedError::OtherVersion`].
pub(super) fn find(
    chosen: Option<&Path>,
    made_by: Option<(u32, &Path)>,
) -> Result<Binaries, EmbeddedError> {
    let (found, looked_in) = match chosen {
        Some(folder) => {
            (Binaries::of_folder(folder)?.into_iter().collect(), folder.display().to_string())
        }
        None => (installed(), format!("{}, PATH", USUAL_FOLDERS.join(", "))),
    };
    choose(found, looked_in, made_by)
}

fn choose(
    found: Vec<Binaries>,
    looked_in: String,
    made_by: Option<(u32, &Path)>,
) -> Result<Binaries, EmbeddedError> {
    let list = found.iter().map(Binaries::describe).collect::<Vec<_>>().join(", ");
    let Some(newest) = found.iter().max_by_key(|b| b.major).cloned() else {
        return Err(EmbeddedError::NotInstalled { looked_in });
    };
    if newest.major < MAJOR_MIN {
        return Err(EmbeddedError::TooOld { version: newest.version, binaries: newest.folder });
    }
    let Some((made_by, data)) = made_by else { return Ok(newest) };
    let same = found.into_iter().find(|b| b.major == made_by && made_by >= MAJOR_MIN);
    same.ok_or_else(|| EmbeddedError::OtherVersion {
        data: data.to_path_buf(),
        made_by,
        found: list,
    })
}

/// Every version on the machine. A folder that cannot be asked is passed over: another may do.
fn installed() -> Vec<Binaries> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let folders = USUAL_FOLDERS
        .iter()
        .flat_map(|pattern| matching(pattern))
        .chain(std::env::split_paths(&on_path).filter_map(|folder| real_folder(&folder)));
    let mut seen = BTreeSet::new();
    folders
        .filter(|folder| seen.insert(folder.clone()))
        .filter_map(|folder| Binaries::of_folder(&folder).ok().flatten())
        .collect()
}

/// The folder behind a link on PATH: packages often link `pg_ctl` alone into `/usr/local/bin`.
fn real_folder(on_path: &Path) -> Option<PathBuf> {
    let program = ["postgres", "pg_ctl"].iter().map(|name| on_path.join(name));
    let target = program.filter_map(|path| path.canonicalize().ok()).next()?;
    target.parent().map(Path::to_path_buf)
}

/// The existing folders that fit a pattern with at most one `*`.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("/", before));
    let names = std::fs::read_dir(parent).into_iter().flatten().flatten();
    names
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join(after.trim_start_matches('/')))
        .collect()
}

/// Takes `15.18` and 15 out of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn parse_version(said: &str) -> Option<(String, u32)> {
    let version = said.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((version.to_owned(), digits.parse().ok()?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn binaries(version: &str, major: u32) -> Binaries {
        let folder = PathBuf::from(format!("/somewhere/{major}/bin"));
        Binaries { folder, version: version.to_owned(), major }
    }

    fn pick(found: &[(&str, u32)], made_by: Option<u32>) -> Result<u32, EmbeddedError> {
        let found = found.iter().map(|(version, major)| binaries(version, *major)).collect();
        let data = Path::new("/data/postgres");
        choose(found, "/somewhere".into(), made_by.map(|major| (major, data))).map(|b| b.major)
    }

    #[test]
    fn versions_are_read_as_packages_print_them() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_version(debian), Some(("15.18".into(), 15)));
        assert_eq!(parse_version("postgres (PostgreSQL) 19beta1"), Some(("19beta1".into(), 19)));
        assert_eq!(parse_version("postgres (Some Fork) 9"), None);
    }

    #[test]
    fn a_new_folder_takes_the_newest_and_an_old_one_its_own() {
        let both = [("15.18", 15), ("17.2", 17), ("14.1", 14)];
        assert_eq!(pick(&both, None).unwrap(), 17);
        assert_eq!(pick(&both, Some(15)).unwrap(), 15);
    }

    #[test]
    fn what_cannot_serve_is_refused_with_the_remedy() {
        let none = pick(&[], None).unwrap_err().to_string();
        assert!(none.contains("apt-get install postgresql"), "{none}");
        let old = pick(&[("14.11", 14)], None).unwrap_err().to_string();
        assert!(old.contains("14.11") && old.contains("version 15 or later"), "{old}");
        let other = pick(&[("17.2", 17)], Some(16)).unwrap_err().to_string();
        assert!(other.contains("postgresql-16") && other.contains("17.2 in"), "{other}");
    }

    #[test]
    fn a_pattern_finds_folders_by_prefix() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("pgsql-16/bin")).unwrap();
        std::fs::create_dir_all(root.path().join("other-16/bin")).unwrap();
        let pattern = format!("{}/pgsql-*/bin", root.path().display());
        assert_eq!(matching(&pattern), [root.path().join("pgsql-16/bin")]);
    }
}
