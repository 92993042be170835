//! A folder for the private database of a verb that leaves nothing behind.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A folder that is removed when it is dropped, also when a start fails or a task panics.
pub struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Makes it below `parent`, named after the verb that it is for.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(parent: &Path, verb: &str) -> anyhow::Result<Self> {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let name = format!("backstock-{verb}-{}", &unique[..12]);
        let path = parent.join(name);
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let folder = Self(path);
        // Started as root, PostgreSQL runs as another user, who must get through to its data below.
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot open {} to others", folder.0.display()))?;
        Ok(folder)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            let path = self.0.display();
            super::terminal::complain(&format!("backstock: {path} stays behind: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_can_be_passed_through_and_goes_with_all_that_is_in_it() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = TemporaryFolder::make(parent.path(), "demo").expect("a folder in it");
        let mode = fs::metadata(&folder.0).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        fs::write(folder.0.join("data"), "x").expect("a file");
        drop(folder);
        assert_eq!(fs::read_dir(parent.path()).expect("the parent").count(), 0);
    }
}
