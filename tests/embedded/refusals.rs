//! What a start refuses, and that each refusal says what to do.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use backstock::store::embedded::{Choices, Embedded, EmbeddedError};

use super::{connect, note, place, setting, start};

async fn refusal(data: &Path, choices: Choices) -> EmbeddedError {
    match Embedded::start_with(data, choices).await {
        Ok(_) => panic!("{} was expected to be refused", data.display()),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_second_service_on_the_folder_is_refused() {
    let place = place();
    let data = place.path().join("data");
    let embedded = start(&data).await;
    let error = refusal(&data, Choices::default()).await;
    assert!(matches!(error, EmbeddedError::InUse { holder: Some(_), .. }), "{error:?}");
    let text = error.to_string();
    let folder = data.canonicalize().unwrap().display().to_string();
    let process = format!("process {}", std::process::id());
    for part in [folder.as_str(), "another backstock", process.as_str()] {
        assert!(text.contains(part), "{text}");
    }
    note(&embedded, "undisturbed").await;
    embedded.stop().await.unwrap();
    start(&data).await.stop().await.unwrap();
}

#[tokio::test]
async fn of_two_first_starts_one_is_refused() {
    let place = place();
    let data = place.path().join("data");
    let results = tokio::join!(Embedded::start(&data), Embedded::start(&data));
    let ((Ok(started), Err(refused)) | (Err(refused), Ok(started))) = results else {
        panic!("one start and one refusal, not {results:?}");
    };
    assert!(matches!(refused, EmbeddedError::InUse { .. }), "{refused}");
    note(&started, "undisturbed").await;
    started.stop().await.unwrap();
}

#[tokio::test]
async fn missing_programs_are_an_error_that_says_what_to_install() {
    let place = place();
    let empty = place.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let choices = Choices { binaries: Some(empty.clone()), user: None };
    let text = refusal(&place.path().join("data"), choices).await.to_string();
    let remedies = ["apt-get install postgresql", "dnf install", "brew install", "DATABASE_URL"];
    for part in remedies.into_iter().chain([empty.to_str().unwrap()]) {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn programs_that_are_too_old_are_refused() {
    let place = place();
    let old = place.path().join("old");
    std::fs::create_dir(&old).unwrap();
    for name in ["postgres", "initdb"] {
        let script = "#!/bin/sh\necho 'postgres (PostgreSQL) 14.11'\n";
        std::fs::write(old.join(name), script).unwrap();
        std::fs::set_permissions(old.join(name), Permissions::from_mode(0o755)).unwrap();
    }
    let choices = Choices { binaries: Some(old), user: None };
    let text = refusal(&place.path().join("data"), choices).await.to_string();
    assert!(text.contains("14.11") && text.contains("version 15 or later"), "{text}");
}

#[tokio::test]
async fn a_folder_with_other_things_in_it_is_left_alone() {
    let place = place();
    std::fs::write(place.path().join("letter.txt"), "dear").unwrap();
    let error = refusal(place.path(), Choices::default()).await;
    assert!(matches!(error, EmbeddedError::NotOurs { .. }), "{error}");
    assert_eq!(place.path().metadata().unwrap().mode() & 0o777, 0o755);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

/// As root another account runs PostgreSQL, and a private home bars its way; the owner of the
/// same home simply starts there.
#[tokio::test]
async fn a_private_home_is_an_obstacle_only_for_another_account() {
    let home = tempfile::tempdir().unwrap();
    std::fs::set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
    let data = home.path().join("share/backstock");
    if rustix::process::geteuid().is_root() {
        let text = refusal(&data, Choices::default()).await.to_string();
        let barred = format!("may not enter {}", home.path().display());
        assert!(text.contains(&barred) && text.contains("/var/lib/backstock"), "{text}");
        assert!(!home.path().join("share").exists(), "nothing is made on the way");
    } else {
        start(&data).await.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_start_that_fails_shows_the_end_of_the_log_and_leaves_nothing() {
    let place = place();
    let data = place.path().join("data");
    start(&data).await.stop().await.unwrap();
    let settings = data.join("postgres/postgresql.conf");
    let good = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{good}\nno_such_setting = 7\n")).unwrap();
    let error = refusal(&data, Choices::default()).await;
    assert!(matches!(error, EmbeddedError::NotStarted { .. }), "{error:?}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");

    // An operator's own lines win over ours.
    std::fs::write(&settings, format!("{good}\nwork_mem = 9MB\n")).unwrap();
    let embedded = start(&data).await;
    assert_eq!(setting(&mut connect(&embedded).await, "work_mem").await, "9MB");
    embedded.stop().await.unwrap();
}
