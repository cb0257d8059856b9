use proptest::prelude::*;

use super::legs::Legs;
use super::schedule::{ALWAYS, Problem, Run, Window};
use super::*;

/// Numbers that are the same every time.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A round in a town of 40 by 40 minutes, with ways there and back that differ, windows of half an hour to three hours.
fn instance(seed: u64, visits: usize, tight: bool) -> Problem {
    let mut seeded = Seeded(seed);
    let at: Vec<(i64, i64)> = (0..visits + 2).map(|_| (seeded.below(2_400) as i64, seeded.below(2_400) as i64)).collect();
    let mut millis = Vec::new();
    for (north, east) in &at {
        for (to_north, to_east) in &at {
            let s = (north - to_north).abs() + (east - to_east).abs();
            millis.push(Some((s as u32 + seeded.below(120) as u32) * 1_000));
        }
    }
    let windows = (0..visits).map(|_| {
        let opens = seeded.below(6 * 3_600) as i64 * 1_000;
        let wide = (1_800 + seeded.below(if tight { 3_600 } else { 9_000 }) as i64) * 1_000;
        let free = !tight && seeded.below(3) == 0;
        let takes = (600 + seeded.below(1_800) as i64) * 1_000;
        if free { Window { opens: 0, closes: ALWAYS, takes } } else { Window { opens, closes: opens + wide, takes } }
    });
    let windows = windows.collect();
    Problem {
        legs: Legs::of(visits + 2, millis),
        windows,
        has_end: seed.is_multiple_of(2),
        until: if seed.is_multiple_of(3) { 9 * 3_600_000 } else { ALWAYS },
    }
}

/// The best of every order of every set: branch and bound without a bound.
fn every_order(problem: &Problem, order: &mut Vec<usize>, best: &mut (usize, Run)) {
    let place = order.last().map_or(0, |visit| visit + 1);
    let mut left = Run::default();
    for step in problem.steps(order) {
        left = Run { ends: step.leaves, driven: left.driven + step.drive };
    }
    if let Some(run) = problem.end(place, left)
        && (order.len() > best.0 || order.len() == best.0 && run < best.1)
    {
        *best = (order.len(), run);
    }
    for next in 0..problem.visits() {
        if !order.contains(&next) && problem.step(place, left.ends, next).is_some() {
            order.push(next);
            every_order(problem, order, best);
            order.pop();
        }
    }
}

#[test]
fn the_exact_order_is_the_best_of_all_orders() {
    for seed in 0..120 {
        let problem = instance(seed, 1 + seed as usize % 7, seed % 5 < 2);
        let order = exact::order(&problem);
        let found = problem.run(&order).map(|run| (order.len(), run.ends));
        let mut best = (0, problem.run(&[]).unwrap_or_default());
        every_order(&problem, &mut Vec::new(), &mut best);
        if problem.run(&[]).is_some() {
            assert_eq!(found, Some((best.0, best.1.ends)), "seed {seed}");
        }
    }
}

/// Time that is not spent with people: on the road, and waiting.
fn idle(problem: &Problem, order: &[usize]) -> f64 {
    let with_people: i64 = order.iter().map(|visit| problem.windows[*visit].takes).sum();
    (problem.run(order).unwrap().ends - with_people) as f64
}

#[test]
fn a_good_order_is_close_to_the_best_and_how_close_is_printed() {
    for (name, tight) in [("loose", false), ("tight", true)] {
        let (mut ratios, mut same, mut fewer, mut idles) = (Vec::new(), 0, 0, Vec::new());
        for seed in 0..400 {
            let problem = instance(1_000 + seed, 5 + seed as usize % 5, tight);
            if problem.run(&[]).is_none() {
                continue;
            }
            let (good, best) = (change::order(&problem), exact::order(&problem));
            assert!(good.len() <= best.len());
            if good.len() < best.len() {
                fewer += 1;
                continue;
            }
            let ends = |order: &[usize]| problem.run(order).unwrap().ends as f64;
            assert!(ends(&good) >= ends(&best), "seed {seed}");
            ratios.push(ends(&good) / ends(&best));
            let mut sets = [good.clone(), best.clone()];
            sets.iter_mut().for_each(|set| set.sort_unstable());
            if sets[0] == sets[1] {
                same += usize::from(ends(&good) == ends(&best));
                idles.push(idle(&problem, &good) / idle(&problem, &best));
            }
        }
        let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len() as f64;
        let worst = |all: &[f64]| all.iter().copied().fold(1.0, f64::max);
        println!(
            "{name}, 5 to 9 visits, {} rounds: {fewer} with a visit less than the best, {same} as good; length mean {:.4}, worst {:.4}; \
             road and waiting mean {:.4}, worst {:.4}",
            ratios.len() + fewer,
            mean(&ratios),
            worst(&ratios),
            mean(&idles),
            worst(&idles),
        );
        assert!(mean(&ratios) < 1.005 && worst(&ratios) < 1.10, "{} {}", mean(&ratios), worst(&ratios));
        assert!(fewer * 50 <= ratios.len(), "{fewer}");
    }
}

#[test]
fn sixty_visits_are_ordered_or_named_within_their_windows() {
    for seed in 0..4 {
        let problem = instance(seed, MOST_VISITS, seed % 2 == 0);
        let order = change::order(&problem);
        assert!(problem.run(&order).is_some(), "seed {seed}");
        let late = problem.steps(&order).filter(|step| step.begins > problem.windows[step.visit].closes).count();
        assert_eq!((problem.steps(&order).count(), late), (order.len(), 0));
        let mut once = order.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), order.len());
    }
}

fn now() -> Instant {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

fn minutes(minutes: i64) -> Instant {
    now() + jiff::SignedDuration::from_mins(minutes)
}

/// At 30 km/h a hundredth of a degree north is 2 min 13 s.
fn visit(id: &str, north: f64, window: Option<(i64, i64)>) -> PlannedVisit {
    PlannedVisit {
        id: id.into(),
        position: Position::new(north, -75.0).unwrap(),
        opens: window.map(|(opens, _)| minutes(opens)),
        closes: window.map(|(_, closes)| minutes(closes)),
        takes_s: 1_200,
    }
}

fn plan(visits: Vec<PlannedVisit>) -> RoundPlan {
    RoundPlan { start: Position::new(40.0, -75.0).unwrap(), from: now(), end: None, until: None, visits }
}

fn ids(round: &Round) -> Vec<&str> {
    round.stops.iter().map(|stop| stop.id.as_str()).collect()
}

#[test]
fn a_visit_that_opens_late_waits_for_its_time_and_another_is_made_meanwhile() {
    let found = round(&plan(vec![visit("noon", 40.01, Some((120, 180))), visit("far", 40.3, None)]), None).unwrap();
    assert_eq!((ids(&found), found.best, found.measure), (vec!["far", "noon"], true, Measure::StraightLine));
    let noon = &found.stops[1];
    assert!(noon.arrives <= noon.begins && noon.begins == noon.arrives.max(minutes(120)));
    assert_eq!((noon.leaves, found.ends), (noon.begins + jiff::SignedDuration::from_secs(1_200), noon.leaves));
}

#[test]
fn a_visit_that_cannot_be_is_named_with_its_reason() {
    let mut asked = plan(vec![
        visit("over", 40.3, Some((0, 30))),
        visit("one", 40.01, Some((0, 10))),
        visit("other", 39.98, Some((0, 10))),
        visit("evening", 40.01, Some((600, 660))),
    ]);
    asked.until = Some(minutes(240));
    asked.end = Some(asked.start);
    let found = round(&asked, None).unwrap();
    assert_eq!(found.stops.len(), 1);
    let why = |id: &str| found.left_out.iter().find(|(left, _)| left == id).map(|(_, why)| *why);
    assert_eq!((why("over"), why("evening")), (Some(NotVisited::TooLate), Some(NotVisited::PastTheEnd)));
    assert_eq!(why("other"), Some(NotVisited::CrowdedOut), "{found:?}");
}

#[test]
fn what_is_no_round_is_refused_with_its_reason() {
    let refused = |asked: &RoundPlan| round(asked, None).unwrap_err();
    let many = (0..=MOST_VISITS).map(|number| visit(&number.to_string(), 40.0, None)).collect();
    assert_eq!(refused(&plan(many)), RoundError::TooMany { visits: MOST_VISITS + 1 });
    assert_eq!(refused(&plan(vec![visit("a", 40.0, None), visit("a", 40.1, None)])), RoundError::Twice);
    assert_eq!(refused(&plan(vec![visit("a", 40.0, Some((10, 9)))])), RoundError::Window);
    let mut long = visit("a", 40.0, None);
    long.takes_s = u32::MAX;
    assert_eq!(refused(&plan(vec![long])), RoundError::TooLong);
    let mut gone = plan(Vec::new());
    gone.end = Some(Position::new(41.0, -75.0).unwrap());
    gone.until = Some(minutes(5));
    assert_eq!(refused(&gone), RoundError::EndNotReached);
    assert_eq!(round(&plan(Vec::new()), None).unwrap().ends, now());
}

proptest! {
    #[test]
    fn every_visit_is_in_the_round_or_named_and_no_window_is_missed(
        visits in prop::collection::vec((-90.0..=90.0_f64, -180.0..=180.0_f64, -500_000..500_000_i64, 0..900_i64, 0..90_000_u32), 0..16),
        from in any::<i32>(), until in prop::option::of(0..100_000_i64)
    ) {
        let from = Instant::from_second(from.into()).unwrap();
        let after = |minutes: i64| from + jiff::SignedDuration::from_mins(minutes);
        let planned = visits.iter().enumerate().map(|(number, (north, east, opens, wide, takes_s))| PlannedVisit {
            id: number.to_string(),
            position: Position::new(*north, *east).unwrap(),
            opens: Some(after(*opens)),
            closes: Some(after(opens + wide)),
            takes_s: (*takes_s).min(LONGEST_VISIT_S),
        });
        let asked = RoundPlan { from, until: until.map(after), ..plan(planned.collect()) };
        let found = round(&asked, None).unwrap();
        prop_assert_eq!(found.stops.len() + found.left_out.len(), asked.visits.len());
        for stop in &found.stops {
            let visit = asked.visits.iter().find(|visit| visit.id == stop.id).unwrap();
            prop_assert!(visit.opens.unwrap() <= stop.begins && stop.begins <= visit.closes.unwrap());
        }
        prop_assert!(asked.until.is_none_or(|until| found.ends <= until));
    }
}
