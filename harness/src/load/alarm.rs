//! Waiting to within microseconds, where the machine can: the runtime's own timers know whole milliseconds only.

use std::io;
use std::time::Duration;

pub(super) use self::machine::Alarm;

#[cfg(target_os = "linux")]
mod machine {
    use std::os::fd::AsFd as _;

    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
    use tokio::io::AsyncReadExt as _;
    use tokio::net::unix::pipe::Receiver;

    use super::{Duration, io};

    /// A timer of the kernel's.
    #[derive(Debug)]
    pub(in crate::load) struct Alarm {
        timer: TimerFd,
        /// It wakes the runtime as a pipe would: there is something to be read when its time has come.
        come: Receiver,
    }

    impl Alarm {
        /// # Errors
        /// The machine refuses a timer.
        pub(in crate::load) fn new() -> io::Result<Self> {
            let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
            let come = Receiver::from_owned_fd_unchecked(timer.as_fd().try_clone_to_owned()?)?;
            Ok(Self { timer, come })
        }

        /// Waits so long.
        pub(in crate::load) async fn after(&mut self, wait: Duration) {
            // A timer of no time would never come.
            let once = Expiration::OneShot(TimeSpec::from_duration(wait.max(Duration::from_nanos(1))));
            // How often it came; the room for more tells the runtime that nothing is left to read.
            let mut times = [0; 16];
            if self.timer.set(once, TimerSetTimeFlags::empty()).is_err() || self.come.read(&mut times).await.is_err() {
                // Late is better than never.
                tokio::time::sleep(wait).await;
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod machine {
    use super::{Duration, io};

    /// The runtime's own timer.
    #[derive(Debug)]
    pub(in crate::load) struct Alarm;

    impl Alarm {
        #[expect(clippy::unnecessary_wraps, reason = "other machines may refuse a timer")]
        pub(in crate::load) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits so long.
        pub(in crate::load) async fn after(&mut self, wait: Duration) {
            tokio::time::sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn an_alarm_comes_each_time_that_it_is_set_and_never_early() {
        let mut alarm = Alarm::new().expect("a timer");
        for wait in [0, 1500, 300, 0, 900].map(Duration::from_micros) {
            let began = Instant::now();
            alarm.after(wait).await;
            assert!(began.elapsed() >= wait, "{wait:?}");
        }
    }

    #[tokio::test]
    async fn one_that_nobody_waited_for_neither_wakes_nor_keeps_whoever_waits_next() {
        let ms = Duration::from_millis;
        for (given_up, wait) in [(ms(1), ms(5)), (ms(3_600_000), ms(1))] {
            let mut alarm = Alarm::new().expect("a timer");
            let waited = tokio::time::timeout(Duration::ZERO, alarm.after(given_up)).await;
            assert!(waited.is_err() || given_up == ms(1), "it was given no time to come");
            // Until the first one has come, where it comes at all.
            Alarm::new().expect("a timer").after(ms(2)).await;
            let began = Instant::now();
            alarm.after(wait).await;
            assert!(began.elapsed() >= wait, "{given_up:?}");
        }
    }
}
