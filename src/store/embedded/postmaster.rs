//! The running postmaster as two threads see it: the supervisor that started it and waits for its
//! end, and the service that asks for its number and tells it to stop.

use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

#[derive(Debug, Default)]
pub(super) struct Postmaster {
    state: Mutex<State>,
    told_to_stop: Condvar,
    /// Apart from `state`, so that asking never waits for a launch. 0 before the first.
    last_pid: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    /// Present from the launch until it is reaped: as long, no other process has its number.
    living: Option<Pid>,
}

impl Postmaster {
    /// The number of the running postmaster; between a crash and the restart that of the last.
    pub fn pid(&self) -> u32 {
        self.last_pid.load(Ordering::Relaxed)
    }

    pub fn stopping(&self) -> bool {
        self.state().stopping
    }

    /// From now on nothing is launched; what runs gets the signal.
    pub fn stop(&self, signal: Signal) {
        self.state().stopping = true;
        self.told_to_stop.notify_all();
        self.signal(signal);
    }

    /// Sends a signal to the postmaster, if there is one.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.state().living {
            let _ = kill_process(pid, signal);
        }
    }

    /// Waits before a restart, less long when told to stop.
    pub fn rest(&self, pause: Duration) {
        let state = self.state();
        let waited = self.told_to_stop.wait_timeout_while(state, pause, |state| !state.stopping);
        drop(waited);
    }

    /// Starts the program, unless told to stop: then `None`.
    pub fn launch(&self, mut command: Command) -> std::io::Result<Option<Child>> {
        let mut state = self.state();
        if state.stopping {
            return Ok(None);
        }
        let child = command.spawn()?;
        state.living = Some(Pid::from_child(&child));
        self.last_pid.store(child.id(), Ordering::Relaxed);
        Ok(Some(child))
    }

    /// Whether it has ended and waits to be reaped.
    pub fn has_ended(&self, child: &Child) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(waitid(WaitId::Pid(Pid::from_child(child)), options), Ok(None))
    }

    /// Waits for its end and says how it ended. The number is only given back to the system once
    /// `living` is empty, so that no signal can reach a stranger.
    pub fn reap(&self, child: &mut Child) -> String {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let ended = || waitid(WaitId::Pid(Pid::from_child(child)), options);
        while matches!(ended(), Err(Errno::INTR)) {}
        let mut state = self.state();
        state.living = None;
        match child.wait() {
            Ok(status) => format!("it ended ({status})"),
            Err(error) => format!("it ended ({error})"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
