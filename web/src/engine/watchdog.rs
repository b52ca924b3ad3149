//! Notices a worker that does not start, falls silent, or needs too long for one request.
//!
//! Times are counted in ticks of the page's timer, so that the time during which the machine or the tab sleeps does not count.

use std::time::Duration;

/// The interval of [`Watchdog::tick`].
pub const TICK: Duration = Duration::from_millis(500);

/// What the page does about a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Wait,
    /// It asks whether the worker still receives messages.
    Ask,
    /// It says that the worker has not started yet. A slow connection only looks like one that has stopped.
    IsSlow,
    /// It ends the worker, which does not answer.
    IsSilent,
    /// It ends the worker, which has taken too long for the request of this number.
    IsStuck(u32),
}

/// How long a worker may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Before its first message.
    pub start: Duration,
    /// While it neither works on a long request nor answers a question.
    pub silence: Duration,
    /// While it works on a long request that has no limit of its own.
    pub request: Duration,
}

/// The state of a worker as its messages show it.
#[derive(Debug)]
pub struct Watchdog {
    patience: Patience,
    has_started: bool,
    /// Ticks since the last message while an answer is awaited.
    silent: u32,
    /// The long request that the worker is working on.
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    id: u32,
    ticks: u32,
    limit: Option<Duration>,
}

/// After this long without an answer the worker is asked.
const ASK_AFTER: Duration = Duration::from_secs(2);

impl Watchdog {
    pub const fn new(patience: Patience) -> Self {
        Self {
            patience,
            has_started: false,
            silent: 0,
            running: None,
        }
    }

    /// A message from the worker. Returns whether it is the first one.
    pub fn on_message(&mut self) -> bool {
        self.silent = 0;
        !std::mem::replace(&mut self.has_started, true)
    }

    /// The worker begins with a long request, for which it may need up to `limit`.
    pub fn on_started(&mut self, id: u32, limit: Option<Duration>) {
        let ticks = 0;
        self.running = Some(Running { id, ticks, limit });
    }

    /// The worker has answered a request.
    pub fn on_reply(&mut self, id: u32) {
        self.running = self.running.take().filter(|running| running.id != id);
    }

    pub const fn has_started(&self) -> bool {
        self.has_started
    }

    /// The number of the long request that the worker is working on.
    pub fn running(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.id)
    }

    /// To be called once in each [`TICK`]. `is_awaited` is whether any request has no reply yet.
    pub fn tick(&mut self, is_awaited: bool) -> Verdict {
        if let Some(running) = &mut self.running {
            running.ticks += 1;
            return match running.limit {
                Some(limit) if TICK * running.ticks > limit => Verdict::IsStuck(running.id),
                _ => Verdict::Wait,
            };
        }
        if !is_awaited {
            self.silent = 0;
            return Verdict::Wait;
        }
        self.silent += 1;
        let silent = TICK * self.silent;
        if !self.has_started {
            return if silent == self.patience.start {
                Verdict::IsSlow
            } else {
                Verdict::Wait
            };
        }
        if silent == ASK_AFTER {
            Verdict::Ask
        } else if silent >= ASK_AFTER + self.patience.silence {
            Verdict::IsSilent
        } else {
            Verdict::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started() -> Watchdog {
        let mut watchdog = Watchdog::new(Patience {
            start: Duration::from_secs(20),
            silence: Duration::from_secs(4),
            request: Duration::from_secs(60),
        });
        assert!(watchdog.on_message());
        watchdog
    }

    /// The first verdict other than to wait, and after how many seconds it comes.
    fn first(watchdog: &mut Watchdog, seconds: u32) -> Option<(Verdict, f64)> {
        let ticks = 1..=2 * seconds;
        ticks
            .map(|n| (watchdog.tick(true), f64::from(n) / 2.0))
            .find(|(verdict, _)| *verdict != Verdict::Wait)
    }

    #[test]
    fn a_worker_that_does_not_answer_is_asked_and_then_ended() {
        let mut watchdog = started();
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::Ask, 2.0)));
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::IsSilent, 4.0)));
        let mut watchdog = started();
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::Ask, 2.0)));
        // It waits for a download, and says so when it is asked.
        assert!(!watchdog.on_message());
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::Ask, 2.0)));
    }

    #[test]
    fn a_worker_without_requests_may_be_silent() {
        let mut watchdog = started();
        assert!((0..1000).all(|_| watchdog.tick(false) == Verdict::Wait));
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::Ask, 2.0)));
    }

    #[test]
    fn a_long_request_has_a_limit_of_its_own() {
        let mut watchdog = started();
        watchdog.on_started(7, Some(Duration::from_secs(5)));
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::IsStuck(7), 5.5)));
        let mut watchdog = started();
        watchdog.on_started(8, None);
        assert_eq!(first(&mut watchdog, 600), None);
        watchdog.on_reply(7);
        assert_eq!(watchdog.running(), Some(8));
        watchdog.on_reply(8);
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::Ask, 2.0)));
    }

    #[test]
    fn a_worker_that_does_not_start_is_only_reported_once() {
        let mut watchdog = Watchdog::new(Patience {
            start: Duration::from_secs(20),
            silence: Duration::from_secs(4),
            request: Duration::from_secs(60),
        });
        assert_eq!(first(&mut watchdog, 60), Some((Verdict::IsSlow, 20.0)));
        assert_eq!(first(&mut watchdog, 600), None);
        assert!(watchdog.on_message());
    }
}
