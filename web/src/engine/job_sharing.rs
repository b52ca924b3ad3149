//! Shares the jobs of a batch out among several workers: each gets the next job when it has answered one.

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

/// The jobs of a batch, and what becomes of their answers.
pub trait Jobs {
    type Job;
    type Answer;

    /// The next job; `None` if none waits now.
    fn next(&mut self) -> Option<Self::Job>;

    /// Takes the answer to a job. A job that has no answer yet may become the next one again. Returns whether to go on.
    fn receive(&mut self, job: Self::Job, answer: Self::Answer) -> bool;
}

/// What has become of a worker.
enum Event<W, J, A> {
    /// It has been prepared, and whether it can take a job.
    Prepared(W, bool),
    Answered(W, J, A),
}

/// Shares out the jobs until none waits and none is under way. `prepare` waits until a worker can take a job, and returns `false` if it
/// never can; the end does not wait for it.
pub async fn share_out<W, S: Jobs>(
    workers: Vec<W>,
    jobs: &mut S,
    prepare: impl AsyncFn(&W) -> bool,
    answer: impl AsyncFn(&W, &S::Job) -> S::Answer,
) {
    let (prepare, answer) = (&prepare, &answer);
    let prepared = |worker: W| -> LocalBoxFuture<'_, Event<W, S::Job, S::Answer>> {
        Box::pin(async move {
            let can_work = prepare(&worker).await;
            Event::Prepared(worker, can_work)
        })
    };
    let answered = |worker: W, job: S::Job| -> LocalBoxFuture<'_, _> {
        Box::pin(async move {
            let answer = answer(&worker, &job).await;
            Event::Answered(worker, job, answer)
        })
    };
    let mut events: FuturesUnordered<_> = workers.into_iter().map(prepared).collect();
    let mut idle = Vec::new();
    let mut under_way = 0;
    while let Some(event) = events.next().await {
        match event {
            Event::Prepared(worker, true) => idle.push(worker),
            Event::Prepared(_, false) => {}
            Event::Answered(worker, job, answer) => {
                under_way -= 1;
                if !jobs.receive(job, answer) {
                    return;
                }
                events.push(prepared(worker));
            }
        }
        while let Some(worker) = idle.pop() {
            let Some(job) = jobs.next() else {
                if under_way == 0 {
                    return;
                }
                idle.push(worker);
                break;
            };
            under_way += 1;
            events.push(answered(worker, job));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::cell::RefCell;
    use std::collections::VecDeque;

    /// Counts down; a job whose answer is `false` is put back.
    struct Numbers {
        waiting: VecDeque<u32>,
        done: Vec<u32>,
        end_after: usize,
    }

    impl Numbers {
        fn up_to(count: u32) -> Self {
            Self {
                waiting: (0..count).collect(),
                done: Vec::new(),
                end_after: usize::MAX,
            }
        }
    }

    impl Jobs for Numbers {
        type Job = u32;
        type Answer = bool;

        fn next(&mut self) -> Option<u32> {
            self.waiting.pop_front()
        }

        fn receive(&mut self, job: u32, is_answered: bool) -> bool {
            if is_answered {
                self.done.push(job);
            } else {
                self.waiting.push_front(job);
            }
            self.done.len() < self.end_after
        }
    }

    #[test]
    fn all_workers_get_jobs_and_each_job_is_answered_once() {
        let mut jobs = Numbers::up_to(20);
        let by_worker = RefCell::new([0; 3]);
        let answer = async |worker: &usize, _: &u32| {
            by_worker.borrow_mut()[*worker] += 1;
            true
        };
        let end = share_out(vec![0, 1, 2], &mut jobs, async |_| true, answer).now_or_never();
        assert!(end.is_some());
        jobs.done.sort_unstable();
        assert_eq!(jobs.done, (0..20).collect::<Vec<_>>());
        let by_worker = by_worker.into_inner();
        assert!(by_worker.iter().all(|jobs| *jobs > 3), "{by_worker:?}");
    }

    #[test]
    fn what_a_failing_worker_leaves_is_answered_by_another() {
        let mut jobs = Numbers::up_to(5);
        let has_failed = RefCell::new(false);
        let prepare = async |worker: &usize| *worker == 0 || !*has_failed.borrow();
        let answer = async |worker: &usize, _: &u32| {
            if *worker == 1 {
                *has_failed.borrow_mut() = true;
            }
            *worker == 0
        };
        let end = share_out(vec![0, 1], &mut jobs, prepare, answer).now_or_never();
        assert!(end.is_some() && *has_failed.borrow());
        jobs.done.sort_unstable();
        assert_eq!(jobs.done, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_end_does_not_wait_for_a_worker_that_does_not_start() {
        let mut jobs = Numbers::up_to(3);
        let prepare = async |worker: &usize| {
            if *worker == 1 {
                std::future::pending::<()>().await;
            }
            true
        };
        let end = share_out(vec![0, 1], &mut jobs, prepare, async |_, _| true).now_or_never();
        assert!(end.is_some());
        assert_eq!(jobs.done, [0, 1, 2]);
    }

    #[test]
    fn the_jobs_can_be_ended_early() {
        let mut jobs = Numbers::up_to(9);
        jobs.end_after = 4;
        let end = share_out(vec![0], &mut jobs, async |_| true, async |_, _| true).now_or_never();
        assert!(end.is_some());
        assert_eq!(jobs.done, [0, 1, 2, 3]);
    }
}
