//! One seed: phones, a dispatcher, a server, and everything that can go wrong between them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use anydoor_core::base::clock::Instant;
use anydoor_core::base::ids::TeamId;
use anydoor_core::base::random as randomness;
use anydoor_core::http::{Outcome, Request};
use anydoor_core::store::StoreError;
use anydoor_tests::chance::Chance;
use anydoor_tests::disk::Ails;

use crate::checks;
use crate::county::{self, County};
use crate::faults::{self, Late};
use crate::histories::Histories;
use crate::phone::{MOST_PHONES, Phone};
use crate::planted::Planted;
use crate::report::Report;
use crate::server::{Met, Server, Strictness};

const STEPS: u64 = 60;

pub struct World {
    chance: Chance,
    now: Instant,
    step: u64,
    pub server: Server,
    pub phones: Vec<Phone>,
    late: Vec<Late>,
    trace: Vec<String>,
    hash: DefaultHasher,
    report: Report,
    planted: Planted,
    teams: Vec<TeamId>,
    county: County,
    histories: Histories,
    /// Which team was told that a visit it had asked for is its own, by `Task/id`.
    told_won: BTreeMap<String, TeamId>,
}

/// What the core draws at random on this thread comes from this seed.
pub fn draw_from(seed: u64) {
    let mut chance = Chance::new(seed ^ 0x5eed);
    randomness::on_this_thread(Some(Box::new(move |bytes| {
        bytes.chunks_mut(8).for_each(|part| {
            let number = chance.number().to_le_bytes();
            part.copy_from_slice(&number[..part.len()]);
        });
        Ok(())
    })));
}

/// Plays one seed to its end and checks it. Panics with the seed's last steps where a promise is broken.
pub fn play(seed: u64, planted: Planted) -> Report {
    draw_from(seed);
    let mut world = World::new(seed, planted);
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run()));
    randomness::on_this_thread(None);
    world.phones.iter().for_each(|phone| phone.disk.forget());
    if let Err(panic) = played {
        if world.planted == Planted::Nothing {
            let from = world.trace.len().saturating_sub(60);
            eprintln!("seed {seed} failed (again: make soak SEEDS=1 FROM={seed}); its last steps:");
            world.trace[from..].iter().for_each(|line| eprintln!("  {line}"));
        }
        std::panic::resume_unwind(panic);
    }
    world.report.seeds = 1;
    world.report.trace = world.hash.finish();
    world.report.clone()
}

impl World {
    fn new(seed: u64, planted: Planted) -> Self {
        let mut chance = Chance::new(seed);
        let teams: Vec<TeamId> = (0..1 + chance.below(3)).map(|n| TeamId::derived(&format!("team {n}"))).collect();
        let phones = (0..2 + chance.below(MOST_PHONES - 1)).map(|n| Phone::new(n, teams[n % teams.len()].clone(), planted)).collect();
        // Drawn apart, so that older seeds play as they did but for these.
        let mut later = Chance::new(seed ^ 0xd00d);
        let strictness = Strictness {
            ignores_if_match_in_bundles: chance.one_in(3),
            says_409: chance.one_in(2),
            hides_412: chance.one_in(2),
            whole_seconds: chance.one_in(2),
            ignores_filters: chance.one_in(4),
            creates_on_if_match: chance.one_in(2),
            two_winners: chance.one_in(3),
            commits_late: chance.one_in(3),
            stale_search: chance.one_in(3),
            half_done: later.one_in(5),
            refuses_side_searches: later.one_in(5),
            date_ahead_s: if later.one_in(4) { 7_200 } else { 0 },
            foreign_links: later.one_in(4),
            absolute_references: later.one_in(4),
        };
        let strictness = planted.meets(strictness);
        let servers_chance = Chance::new(chance.number());
        Self {
            chance,
            now: "2026-11-23T05:00:00Z".parse().unwrap(),
            step: 0,
            server: Server::new(strictness, servers_chance),
            phones,
            late: Vec::new(),
            trace: Vec::new(),
            hash: DefaultHasher::new(),
            report: Report::default(),
            planted,
            teams,
            county: County::new(seed),
            histories: Histories::default(),
            told_won: BTreeMap::new(),
        }
    }

    fn say(&mut self, line: String) {
        line.hash(&mut self.hash);
        self.trace.push(format!("{:>3} {line}", self.step));
    }

    fn run(&mut self) {
        (0..self.planted.offers()).for_each(|_| self.county.order(self.now));
        self.county_finishes();
        for _ in 0..STEPS {
            self.step += 1;
            self.report.steps += 1;
            self.now += jiff::SignedDuration::from_millis(i64::try_from(200 + self.chance.below(4000)).unwrap_or(0));
            self.late_arrives();
            let at = self.chance.below(self.phones.len());
            match self.chance.below(40) {
                0 => self.county.order(self.now),
                1 => self.crash(at, false),
                2 => self.crash(at, true),
                3 => self.power_soon(at),
                4 => self.fill_or_free(at),
                5 => self.clock_jumps(at),
                6 => self.reassign(),
                7..=17 => self.act(at),
                18..=21 => self.help(at),
                22 | 23 => self.attach_a_little(at),
                _ => self.sync_a_little(at),
            }
            self.county_a_little();
            self.planted.spoil(&mut self.phones[at], &mut self.server, self.step, self.now);
            self.look(at);
        }
        self.come_to_rest();
        checks::at_rest(&self.phones, &self.server);
        checks::nothing_is_taken_from_a_team(&self.server);
        self.county.at_rest(&self.server);
        self.histories.at_rest(&self.phones, &self.server);
    }

    /// Records what was written and shown, and holds the promises to it.
    fn look(&mut self, at: usize) {
        for written in std::mem::take(&mut self.phones[at].accepted) {
            self.histories.accepted(&self.phones[at].name, &written);
        }
        for _ in 0..self.histories.take(&mut self.server) {
            self.report.path("an old copy on top");
        }
        for met in self.server.take_met() {
            self.report.path(match met {
                Met::LateCommit => "late commit",
                Met::LateCommitBeyondTheOverlap => "late commit beyond the overlap",
                Met::StaleSearch => "stale search",
                Met::HalfDone(client) => {
                    // The server took the act apart, whatever the phone heard of it.
                    self.histories.refused(&self.phones[client].name);
                    "half-done transaction"
                }
                Met::RefusedSearch => "refused search",
            });
        }
        checks::at_every_step(&mut self.phones[at], &self.server);
        checks::one_team_is_told_that_it_has_a_visit(&self.phones[at], &mut self.told_won);
        self.histories.at_every_step(&self.phones[at], &self.server);
    }

    /// The dispatcher calls a visit off, or gives it to another team.
    fn reassign(&mut self) {
        let owned: Vec<String> = self
            .server
            .all("Task")
            .filter(|task| task.get("owner").is_some() && task.pointer("/businessStatus").is_some())
            .filter_map(|task| Some(format!("Task/{}", task.get("id")?.as_str()?)))
            .collect();
        let Some(reference) = self.chance.pick(&owned).cloned() else { return };
        self.county.note(reference, format!("dispatch says {}", self.step));
    }

    /// The county says something or not, and the copies of its gateway go on a little.
    fn county_a_little(&mut self) {
        self.county.say_something(&self.teams, &self.server);
        let (requests, gone) = self.county.pace();
        if gone {
            self.county.a_copy_is_gone(&mut self.report);
        }
        for _ in 0..requests {
            let Some(request) = self.county.next(self.now, &mut self.report) else { return };
            let (server, late, chance) = (&mut self.server, &mut self.late, self.county.chance());
            let who = (county::CLIENT, &request);
            let (fault, outcome) = faults::deliver(server, who, self.now, self.step, late, chance, &mut self.report);
            // A plain PUT that comes once more after a change is healed by whoever saw the change: phones do. A gateway keeps
            // nothing, so what only it wrote is healed when the sender says it again, and that is of whole transactions.
            self.late.retain(|(_, client, copy)| *client != county::CLIENT || copy.if_match.is_some() || copy.path.is_empty());
            self.county_heard(&request, fault, outcome);
        }
    }

    fn county_heard(&mut self, request: &Request, fault: Option<&str>, outcome: Outcome) {
        let status = outcome.as_ref().map_or_else(ToString::to_string, |answer| answer.status.to_string());
        let fault = fault.map(|fault| format!(" ({fault})")).unwrap_or_default();
        self.say(format!("the county {:?} {} → {status}{fault}", request.method, request.path));
        self.county.hear(outcome, self.now);
        for (taken, author) in std::mem::take(&mut self.county.updates) {
            self.planted.after_an_update(&taken, &author, &mut self.server, self.now);
        }
    }

    /// The county's word arrives without a fault, until everything is taken.
    fn county_finishes(&mut self) {
        let mut requests = 0;
        while !self.county.is_quiet() {
            self.now += jiff::SignedDuration::from_millis(500);
            while let Some(request) = self.county.next(self.now, &mut self.report) {
                let outcome = Ok(self.server.answer(county::CLIENT, &request, self.now));
                self.county_heard(&request, None, outcome);
                requests += 1;
                assert!(requests < 2_000, "the county does not come to rest");
            }
        }
    }

    fn act(&mut self, at: usize) {
        let which = self.planted.does(self.chance.below(9));
        let (now, phone) = (self.now, &mut self.phones[at]);
        let (name, result) = match which {
            0 => ("starts an incident", phone.on_view(now)),
            1 => ("claims", phone.claim(now, &mut self.chance)),
            2 | 3 => ("taps", phone.tap(now, &mut self.chance)),
            4 => ("writes words", phone.edit(now, &mut self.chance)),
            5 => ("signs", phone.sign(now)),
            6 => ("takes a photo", phone.take_photo(now)),
            _ => ("saves a draft", phone.save_draft(now, &mut self.chance)),
        };
        let said = match &result {
            Ok(true) => "kept".to_owned(),
            Ok(false) => "nothing to do".to_owned(),
            Err(error) => error.to_string(),
        };
        let line = format!("{} {name}: {said}", self.phones[at].name);
        self.say(line);
        if let Err(error) = result {
            self.after(at, &error);
        }
    }

    /// What the app does after an error of the store.
    fn after(&mut self, at: usize, error: &StoreError) {
        let powerless = self.phones[at].disk.ails().power_for.is_some_and(|last| self.phones[at].disk.operations() > last);
        if powerless {
            return self.crash(at, true);
        }
        if matches!(error, StoreError::Database { .. })
            && let Some(store) = &mut self.phones[at].store
        {
            // Where this fails the next call says so.
            let _ = store.reconnect();
        }
        self.phones[at].let_go_of_runs();
    }

    fn crash(&mut self, at: usize, power: bool) {
        self.report.path(if power { "power cut" } else { "crash" });
        let line = format!("{} {}", self.phones[at].name, if power { "loses power" } else { "is killed" });
        self.say(line);
        let lies = self.phones[at].disk.ails().lies;
        self.phones[at].stop();
        if power {
            let (chance, disk) = (&mut self.chance, self.phones[at].disk.clone());
            disk.power_cut(|| chance.one_in(2));
        } else {
            self.phones[at].disk.process_gone();
        }
        self.phones[at].disk.set(Ails { lies, ..Ails::default() });
        self.planted.before_opening(&mut self.phones[at]);
        let rolled = self.phones[at].open().unwrap_or_else(|error| panic!("{} does not open: {error}", self.phones[at].name));
        if rolled > 0 {
            self.report.path("rolled forward");
        }
        checks::after_opening(&self.phones[at]);
    }

    fn power_soon(&mut self, at: usize) {
        let disk = &self.phones[at].disk;
        let ails = Ails { power_for: Some(disk.operations() + 1 + self.chance.number() % 60), ..disk.ails() };
        disk.set(ails);
    }

    fn fill_or_free(&mut self, at: usize) {
        let disk = &self.phones[at].disk;
        let ails = disk.ails();
        disk.set(Ails { full: !ails.full, ..ails });
        self.report.path("disk full");
        let line = format!("{}: the disk is {}", self.phones[at].name, if self.phones[at].disk.ails().full { "full" } else { "free" });
        self.say(line);
    }

    fn clock_jumps(&mut self, at: usize) {
        let years = i64::try_from(self.chance.below(9)).unwrap_or(0) - 4;
        self.phones[at].clock_off = years * 365 * 86_400;
        self.report.path("clock jump");
        let line = format!("{}: the clock is {years} years off", self.phones[at].name);
        self.say(line);
    }

    fn help(&mut self, at: usize) {
        let mut at_once = false;
        if self.chance.one_in(6) {
            let (now, phone) = (self.now, &mut self.phones[at]);
            let (idle, kept) = (phone.lane.is_none(), phone.ask_for_help(now, &mut self.chance));
            let line = format!("{} asks for help: kept {kept}", self.phones[at].name);
            self.say(line);
            at_once = kept && idle;
        }
        let next = self.phones[at].next_help(self.now);
        assert!(!at_once || !matches!(next, Ok(None)), "{}: a call for help waits (P10)", self.phones[at].name);
        match next {
            Ok(Some(request)) => {
                let outcome = self.send(at, &request, true);
                if let Err(error) = self.phones[at].hear_help(outcome, self.now) {
                    self.after(at, &error);
                }
            }
            Ok(None) => {}
            Err(error) => self.after(at, &error),
        }
    }

    /// One or a few requests of a sync run; what other phones do comes in between.
    fn sync_a_little(&mut self, at: usize) {
        let full = self.chance.one_in(3);
        for _ in 0..1 + self.chance.below(6) {
            match self.phones[at].next_request(self.now, full) {
                Ok(Some(request)) => {
                    if self.chance.one_in(12) {
                        return; // it hangs; somebody else goes on
                    }
                    let outcome = self.send(at, &request, true);
                    if let Err(error) = self.phones[at].hear(outcome, self.now) {
                        return self.after(at, &error);
                    }
                }
                Ok(None) => return,
                Err(error) => return self.after(at, &error),
            }
        }
    }

    /// One or a few requests of the run of attachments.
    fn attach_a_little(&mut self, at: usize) {
        for _ in 0..1 + self.chance.below(3) {
            match self.phones[at].next_attachment(self.now) {
                Ok(Some(request)) => {
                    self.report.path(if request.body.is_some() { "attachment sent" } else { "attachment read back" });
                    let outcome = self.send(at, &request, true);
                    if let Err(error) = self.phones[at].hear_attachment(outcome, self.now) {
                        return self.after(at, &error);
                    }
                }
                Ok(None) => return,
                Err(error) => return self.after(at, &error),
            }
        }
    }

    fn send(&mut self, at: usize, request: &Request, faults: bool) -> Outcome {
        self.report.requests += 1;
        if request.body.as_deref().is_some_and(|body| body.contains("\"batch\"")) {
            self.report.path("read back");
        }
        let request = self.planted.outgoing(request, &self.phones[at]);
        let (fault, outcome) = if faults {
            let (server, late, chance) = (&mut self.server, &mut self.late, &mut self.chance);
            faults::deliver(server, (at, &request), self.now, self.step, late, chance, &mut self.report)
        } else {
            (None, Ok(self.server.answer(at, &request, self.now)))
        };
        let said = match &outcome {
            Ok(answer) => answer.status.to_string(),
            Err(failure) => failure.to_string(),
        };
        if let (Ok(answer), Some((kind, _))) = (&outcome, request.path.split_once('?'))
            && matches!(answer.status, 400 | 403 | 404 | 410 | 412 | 413 | 422)
        {
            self.phones[at].refused.insert(kind.to_owned());
        }
        if outcome.as_ref().is_ok_and(|answer| answer.status >= 400) && request.body.is_some() && request.path.is_empty() {
            self.histories.refused(&self.phones[at].name);
        }
        let path: String = request.path.chars().take(70).collect();
        let line = format!(
            "{} {:?} {path} → {said}{}",
            self.phones[at].name,
            request.method,
            fault.map(|f| format!(" ({f})")).unwrap_or_default()
        );
        line.hash(&mut self.hash);
        // A search that brings what it should is not worth a line.
        if fault.is_some() || !request.path.contains('?') && request.path != "metadata" {
            self.trace.push(format!("{:>3} {line}", self.step));
        }
        self.planted.answer(&request, outcome, &self.phones[at], &self.server, self.now)
    }

    fn late_arrives(&mut self) {
        let (due, later): (Vec<Late>, Vec<Late>) = std::mem::take(&mut self.late).into_iter().partition(|(at, _, _)| *at <= self.step);
        self.late = later;
        for (_, client, request) in due {
            let status = self.server.answer(client, &request, self.now).status;
            self.say(format!("late: {:?} {} → {status}", request.method, request.path));
        }
    }

    /// The faults end, members decide what is held, and everybody syncs until nothing moves.
    fn come_to_rest(&mut self) {
        self.step = u64::MAX;
        self.late_arrives();
        self.step = STEPS + 1;
        for at in 0..self.phones.len() {
            let disk = self.phones[at].disk.clone();
            let cut = disk.ails().power_for.is_some_and(|last| disk.operations() > last);
            self.crash(at, cut);
            self.phones[at].clock_off = 0;
            self.phones[at].planted = self.planted.at_rest();
        }
        self.county_finishes();
        self.county.say_everything_again();
        self.county_finishes();
        let mut quiet = 0;
        for round in 0..30 {
            let mut moved = false;
            for at in 0..self.phones.len() {
                self.now += jiff::SignedDuration::from_secs(6);
                self.step += 1;
                while let Some(request) = self.phones[at].next_help(self.now).unwrap() {
                    let outcome = self.send(at, &request, false);
                    self.phones[at].hear_help(outcome, self.now).unwrap();
                }
                let mut requests = 0;
                let full = round == 0 || quiet == 1;
                while let Some(request) = self.phones[at].next_request(self.now, full).unwrap() {
                    moved |= request.body.is_some();
                    requests += 1;
                    assert!(requests < 400, "{}: a sync run does not end", self.phones[at].name);
                    let outcome = self.send(at, &request, false);
                    self.phones[at].hear(outcome, self.now).unwrap();
                }
                while let Some(request) = self.phones[at].next_attachment(self.now).unwrap() {
                    moved |= request.body.is_some();
                    let outcome = self.send(at, &request, false);
                    self.phones[at].hear_attachment(outcome, self.now).unwrap();
                }
                let phone = &mut self.phones[at];
                let mut said = Vec::new();
                moved |= phone.decide(&mut self.chance, &mut self.report, &mut said).unwrap();
                said.into_iter().for_each(|line| self.say(line));
                self.look(at);
            }
            quiet = if moved { 0 } else { quiet + 1 };
            if quiet == 2 {
                return;
            }
            assert!(round < 29, "thirty rounds, and the phones have not come to rest");
        }
    }
}
