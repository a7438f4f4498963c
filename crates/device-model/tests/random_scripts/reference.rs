//! What the model should do, said as plainly as possible: vectors, indices that are never used again, linear scans,
//! callbacks as recursive calls.
//!
//! A device, driver or entry is its index in a vector that only grows; whoever has gone is marked, not taken out.

use crate::script::{DRIVERS, FUEL, Op, Script, Verdict, bus_of_device, bus_of_driver};

pub(crate) fn play(script: &Script) -> Vec<String> {
    let mut world = World {
        script,
        lines: Vec::new(),
        fuel: FUEL,
        devices: Vec::new(),
        drivers: Vec::new(),
        entries: Vec::new(),
        turns: [0; DRIVERS],
        depth: 0,
        shut_down: false,
        binds: 0,
        deferred: Vec::new(),
        fresh: Vec::new(),
        to_remove: Vec::new(),
        missed: Vec::new(),
        to_probe: Vec::new(),
        to_retry: Vec::new(),
    };
    for op in &script.outside {
        world.op(op.of(0));
        for device in 0..world.devices.len() {
            if world.devices[device].alive {
                let line = format!("{} is {}", world.name(device), world.state(device));
                world.lines.push(line);
            }
        }
    }
    world.fuel = 0;
    world.tear_down();
    world.lines
}

struct World<'a> {
    script: &'a Script,
    lines: Vec<String>,
    fuel: usize,
    devices: Vec<Device>,
    drivers: Vec<LoadedDriver>,
    entries: Vec<Entry>,
    turns: [usize; DRIVERS],
    depth: usize,
    shut_down: bool,
    binds: usize,
    deferred: Vec<usize>,
    fresh: Vec<usize>,
    to_remove: Vec<usize>,
    missed: Vec<usize>,
    to_probe: Vec<usize>,
    to_retry: Vec<usize>,
}

struct Device {
    number: usize,
    parent: Option<usize>,
    alive: bool,
    /// The driver, and how many binds there had been.
    driver: Option<(usize, usize)>,
    prober: Option<usize>,
    running: Option<&'static str>,
    doomed: bool,
    deferred_by: Option<usize>,
    wants_retry: bool,
    /// From the oldest.
    entries: Vec<usize>,
}

struct LoadedDriver {
    number: usize,
    alive: bool,
    unloading: bool,
}

struct Entry {
    owner: usize,
    alive: bool,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Value { release: usize, by_drop: bool, owner: usize },
    Device(usize),
}

/// An answer to an attempt to bind that isn't a word alone.
#[derive(Clone, PartialEq)]
enum Attempt {
    Bound(usize),
    Deferred(usize),
    Failed(usize),
    Refused(String),
}

impl World<'_> {
    fn op(&mut self, op: Op) {
        if self.fuel == 0 {
            return;
        }
        self.fuel -= 1;
        if let Some(answer) = self.answer(op) {
            self.lines.push(format!("{op:?}: {answer}"));
        }
    }

    fn ops(&mut self, ops: &[Op], own: usize) {
        for op in ops {
            self.op(op.of(own));
        }
    }

    fn say(&mut self, device: usize, what: &str) {
        self.lines.push(format!("{}: {what}", self.name(device)));
    }

    fn name(&self, device: usize) -> String {
        let number = self.devices[device].number;
        format!("{}/d{number}", bus_of_device(number))
    }

    fn last_device(&self, number: usize) -> Option<usize> {
        self.devices.iter().rposition(|device| device.number == number)
    }

    fn last_driver(&self, number: usize) -> Option<usize> {
        self.drivers.iter().rposition(|driver| driver.number == number)
    }

    fn driver_name(&self, driver: usize) -> String {
        if self.drivers[driver].alive { format!("r{}", self.drivers[driver].number) } else { "(gone)".into() }
    }

    fn state(&self, device: usize) -> String {
        let device = &self.devices[device];
        let driver = device.prober.or(device.driver.map(|(driver, _)| driver)).map(|d| self.driver_name(d));
        match (driver, device.running) {
            (None, _) if device.doomed => "being removed".into(),
            (Some(driver), _) if device.doomed => format!("being removed, with {driver}"),
            (Some(driver), _) if device.prober.is_some() => format!("being probed by {driver}"),
            (Some(driver), Some("remove" | "release")) => format!("being unbound from {driver}"),
            (Some(driver), _) => format!("bound to {driver}"),
            (None, _) => match device.deferred_by {
                Some(driver) => format!("deferred by {}: later", self.driver_name(driver)),
                None => "unbound".into(),
            },
        }
    }

    fn begin(&mut self) {
        self.depth += 1;
    }

    fn end(&mut self) {
        if self.depth == 1 {
            self.settle();
        }
        self.depth -= 1;
    }

    fn answer(&mut self, op: Op) -> Option<String> {
        // What is named has to have been there once; the rest is an operation, and settles.
        let device = |world: &Self, number| world.last_device(number);
        match op {
            Op::Look(number) => {
                let device = device(self, number)?;
                return Some(if self.devices[device].alive { self.state(device) } else { "stale".into() });
            }
            Op::WantsRetry(number, wanted) => {
                let device = device(self, number)?;
                let device = &mut self.devices[device];
                if !device.alive {
                    return Some("stale".into());
                }
                if device.driver.is_some() || device.prober.is_some() {
                    device.wants_retry = wanted;
                }
                return Some("ok".into());
            }
            _ => {}
        }
        self.begin();
        let answer = self.operation(op);
        self.end();
        // The name of a driver is asked after the settling.
        Some(match answer? {
            Answer::Said(said) => said,
            Answer::OfDriver(what, driver) => format!("{what} {}", self.driver_name(driver)),
        })
    }

    fn operation(&mut self, op: Op) -> Option<Answer> {
        Some(match op {
            Op::Look(_) | Op::WantsRetry(..) => return None,
            Op::Add { device, parent } => {
                let parent = match parent {
                    Some(parent) => Some(self.last_device(parent)?),
                    None => None,
                };
                Answer::Said(self.add(None, device, parent))
            }
            Op::AddManaged { owner, device, parent } => {
                let owner = self.last_device(owner)?;
                let parent = match parent {
                    Some(parent) => Some(self.last_device(parent)?),
                    None => None,
                };
                Answer::Said(self.add(Some(owner), device, parent))
            }
            Op::Remove(device) => Answer::Said(self.remove(self.last_device(device)?)),
            Op::RemoveWhenIdle(device) => Answer::Said(self.remove_when_idle(self.last_device(device)?)),
            Op::Load(driver) => Answer::Said(self.load(driver)),
            Op::Unload(driver) => Answer::Said(self.unload(self.last_driver(driver)?)),
            Op::Bind(device) => answer_of(self.attach(self.last_device(device)?)),
            Op::BindTo(device, driver) => {
                let (device, driver) = (self.last_device(device)?, self.last_driver(driver)?);
                let (device_number, number) = (self.devices[device].number, self.drivers[driver].number);
                if let Some(refused) = self.may_not_bind(device) {
                    return Some(answer_of(refused));
                }
                let word = if !self.drivers[driver].alive {
                    "stale driver"
                } else if bus_of_device(device_number) != bus_of_driver(number) {
                    "wrong bus"
                } else if self.drivers[driver].unloading {
                    "unloading"
                } else if !self.script.drivers[number].matches[device_number] {
                    "no match"
                } else {
                    return Some(match self.probe(device, driver, true) {
                        Attempt::Deferred(number) => Answer::Said(format!("try again r{number}")),
                        attempt => answer_of(attempt),
                    });
                };
                Answer::Said(word.into())
            }
            Op::Unbind(device) => Answer::Said(self.unbind(self.last_device(device)?)),
            Op::Manage { device, release, by_drop } => {
                let what = What::Value { release, by_drop, owner: device };
                let device = self.last_device(device)?;
                if let Some(refused) = self.may_not_manage(device) {
                    // A value is dropped whatever happens, an action needs a device to be called for.
                    if by_drop || refused != "stale" {
                        self.end_of(what);
                    }
                    return Some(Answer::Said(refused.into()));
                }
                self.acquire(device, what);
                Answer::Said("ok".into())
            }
            Op::Release(back) => {
                let entry = self.entries.len().checked_sub(1 + back)?;
                if !self.entries[entry].alive {
                    return Some(Answer::Said("stale".into()));
                }
                self.release(entry);
                Answer::Said("ok".into())
            }
            Op::Disown(back) => {
                let entry = self.entries.len().checked_sub(1 + back)?;
                if !self.entries[entry].alive {
                    return Some(Answer::Said("stale".into()));
                }
                self.disown(entry);
                Answer::Said(
                    match self.entries[entry].what {
                        What::Value { by_drop: true, .. } => "value",
                        What::Value { by_drop: false, .. } => "action",
                        What::Device(_) => "device",
                    }
                    .into(),
                )
            }
            Op::Shutdown => Answer::Said(self.shutdown()),
        })
    }

    fn add(&mut self, owner: Option<usize>, number: usize, parent: Option<usize>) -> String {
        if self.devices.iter().any(|device| device.alive && device.number == number) {
            return "duplicate".into();
        }
        if let Some(parent) = parent.map(|parent| &self.devices[parent]) {
            if !parent.alive {
                return "stale".into();
            }
            if parent.doomed {
                return "removing".into();
            }
        }
        if let Some(refused) = owner.and_then(|owner| self.may_not_manage(owner)) {
            return refused.into();
        }
        let device = self.devices.len();
        self.devices.push(Device {
            number,
            parent,
            alive: true,
            driver: None,
            prober: None,
            running: None,
            doomed: false,
            deferred_by: None,
            wants_retry: false,
            entries: Vec::new(),
        });
        self.say(device, "added");
        if let Some(owner) = owner {
            self.acquire(owner, What::Device(device));
        }
        self.attach(device);
        "ok".into()
    }

    fn children(&self, parent: usize) -> Vec<usize> {
        let is_child =
            |device: &usize| self.devices[*device].alive && self.devices[*device].parent == Some(parent);
        (0..self.devices.len()).filter(is_child).collect()
    }

    fn tree(&self, root: usize) -> Vec<usize> {
        let mut level = vec![root];
        let mut tree = Vec::new();
        while !level.is_empty() {
            tree.extend(&level);
            level = level.iter().flat_map(|device| self.children(*device)).collect();
        }
        tree
    }

    fn busy(&self, device: usize) -> Option<String> {
        Some(format!("busy {} of {}", self.devices[device].running?, self.name(device)))
    }

    fn busy_in_tree(&self, root: usize) -> Option<String> {
        self.tree(root).into_iter().find_map(|device| self.busy(device))
    }

    fn doom(&mut self, root: usize) {
        for device in self.tree(root) {
            self.devices[device].doomed = true;
        }
    }

    fn remove(&mut self, device: usize) -> String {
        if !self.devices[device].alive {
            return "stale".into();
        }
        if let Some(busy) = self.busy_in_tree(device) {
            return busy;
        }
        self.remove_tree(device);
        "ok".into()
    }

    fn remove_when_idle(&mut self, device: usize) -> String {
        if !self.devices[device].alive {
            return "stale".into();
        }
        let Some(busy) = self.busy_in_tree(device) else {
            self.remove_tree(device);
            return "ok".into();
        };
        self.doom(device);
        self.to_remove.push(device);
        let running = busy.split(' ').nth(1).unwrap_or_default();
        let running = if running == "release" { "release of managed entries" } else { running };
        self.say(device, &format!("removal waits for {running}"));
        busy
    }

    fn remove_tree(&mut self, root: usize) {
        if !self.devices[root].alive {
            return;
        }
        self.doom(root);
        while let Some(child) = self.children(root).pop() {
            self.remove_tree(child);
        }
        if self.devices[root].alive {
            self.unbind(root);
        }
        if !self.devices[root].alive {
            return;
        }
        self.devices[root].alive = false;
        self.deferred.retain(|device| *device != root);
        let manages =
            |entry: &Entry| entry.alive && matches!(entry.what, What::Device(device) if device == root);
        if let Some(entry) = self.entries.iter().position(manages) {
            self.disown(entry);
        }
        self.say(root, "removed");
    }

    fn load(&mut self, number: usize) -> String {
        if self.drivers.iter().any(|driver| driver.alive && driver.number == number) {
            return "duplicate".into();
        }
        let driver = self.drivers.len();
        self.drivers.push(LoadedDriver { number, alive: true, unloading: false });
        self.lines.push(format!("driver {}/r{number}: loaded", bus_of_driver(number)));
        let mut device = 0;
        while device < self.devices.len() {
            if self.devices[device].alive
                && bus_of_device(self.devices[device].number) == bus_of_driver(number)
            {
                if self.devices[device].running.is_some() {
                    self.missed.push(device);
                } else if self.may_not_bind(device).is_none() && self.may_try(device, driver) {
                    self.probe(device, driver, false);
                }
            }
            device += 1;
        }
        "ok".into()
    }

    fn unload(&mut self, driver: usize) -> String {
        if !self.drivers[driver].alive {
            return "stale".into();
        }
        if self.drivers[driver].unloading {
            return "unloading".into();
        }
        let has = |device: &Device| {
            device.prober == Some(driver) || device.driver.is_some_and(|(whose, _)| whose == driver)
        };
        let busy = (0..self.devices.len())
            .filter(|device| self.devices[*device].alive && has(&self.devices[*device]))
            .find_map(|device| self.busy(device));
        if let Some(busy) = busy {
            return busy;
        }
        self.drivers[driver].unloading = true;
        while let Some(device) = self.bound().into_iter().rev().find(|d| has(&self.devices[*d])) {
            self.unbind(device);
        }
        for device in std::mem::take(&mut self.deferred) {
            if self.devices[device].deferred_by == Some(driver) {
                self.devices[device].deferred_by = None;
            } else {
                self.deferred.push(device);
            }
        }
        self.drivers[driver].alive = false;
        let number = self.drivers[driver].number;
        self.lines.push(format!("driver {}/r{number}: unloaded", bus_of_driver(number)));
        "ok".into()
    }

    /// In the order of binding.
    fn bound(&self) -> Vec<usize> {
        let mut bound: Vec<usize> = (0..self.devices.len())
            .filter(|device| self.devices[*device].alive && self.devices[*device].driver.is_some())
            .collect();
        bound.sort_by_key(|device| self.devices[*device].driver.map(|(_, bind)| bind));
        bound
    }

    fn may_not_bind(&self, device: usize) -> Option<Attempt> {
        let Device { alive, doomed, driver, .. } = self.devices[device];
        if !alive {
            return Some(Attempt::Refused("stale".into()));
        }
        if let Some(busy) = self.busy(device) {
            return Some(Attempt::Refused(busy));
        }
        match driver {
            Some((driver, _)) => Some(Attempt::Refused(format!("already {}", self.driver_name(driver)))),
            None if doomed => Some(Attempt::Refused("removing".into())),
            None if self.shut_down => Some(Attempt::Refused("shut down".into())),
            None => None,
        }
    }

    fn may_try(&self, device: usize, driver: usize) -> bool {
        let (device, driver) = (&self.devices[device], &self.drivers[driver]);
        driver.alive
            && !driver.unloading
            && bus_of_device(device.number) == bus_of_driver(driver.number)
            && self.script.drivers[driver.number].matches[device.number]
    }

    fn undefer(&mut self, device: usize) {
        self.devices[device].deferred_by = None;
        self.deferred.retain(|other| *other != device);
    }

    fn attach(&mut self, device: usize) -> Attempt {
        let (mut deferred, mut failed) = (None, None);
        if self.may_not_bind(device).is_none() {
            self.undefer(device);
        }
        let mut driver = 0;
        loop {
            if let Some(refused) = self.may_not_bind(device) {
                return refused;
            }
            while driver < self.drivers.len() && !self.may_try(device, driver) {
                driver += 1;
            }
            if driver == self.drivers.len() {
                break;
            }
            match self.probe(device, driver, false) {
                bound @ Attempt::Bound(_) => return bound,
                refused @ Attempt::Refused(_) => return refused,
                other @ Attempt::Deferred(_) => deferred = Some(other),
                other @ Attempt::Failed(_) => failed = Some(other),
            }
            driver += 1;
        }
        deferred.or(failed).unwrap_or_else(|| Attempt::Refused("no driver".into()))
    }

    fn probe(&mut self, device: usize, driver: usize, by_hand: bool) -> Attempt {
        let number = self.drivers[driver].number;
        self.devices[device].running = Some("probe");
        self.devices[device].prober = Some(driver);
        self.say(device, &format!("probe by r{number}"));
        let script = &self.script.drivers[number];
        let verdict = script.verdicts[self.turns[number] % script.verdicts.len()];
        self.turns[number] += 1;
        self.ops(&script.probe, self.devices[device].number);
        if verdict != Verdict::Bind {
            self.release_all(device);
            self.devices[device].wants_retry = false;
        }
        self.devices[device].running = None;
        self.devices[device].prober = None;
        match verdict {
            Verdict::Bind => {
                self.undefer(device);
                self.binds += 1;
                self.devices[device].driver = Some((driver, self.binds));
                self.fresh.push(self.binds);
                self.say(device, &format!("bound to r{number}"));
                Attempt::Bound(driver)
            }
            Verdict::Defer => {
                if !by_hand {
                    self.undefer(device);
                    self.devices[device].deferred_by = Some(driver);
                    self.deferred.push(device);
                }
                self.say(device, &format!("deferred by r{number}: later"));
                Attempt::Deferred(number)
            }
            Verdict::Fail => {
                if self.devices[device].deferred_by == Some(driver) && !by_hand {
                    self.undefer(device);
                }
                self.say(device, &format!("probe by r{number} failed: bad"));
                Attempt::Failed(number)
            }
        }
    }

    fn unbind(&mut self, device: usize) -> String {
        if !self.devices[device].alive {
            return "stale".into();
        }
        if let Some(busy) = self.busy(device) {
            return busy;
        }
        let Some((driver, _)) = self.devices[device].driver else {
            return "not bound".into();
        };
        let number = self.drivers[driver].number;
        self.devices[device].running = Some("remove");
        self.say(device, &format!("remove by r{number}"));
        self.ops(&self.script.drivers[number].remove, self.devices[device].number);
        self.release_all(device);
        self.devices[device].running = None;
        self.devices[device].driver = None;
        self.devices[device].wants_retry = false;
        self.say(device, &format!("unbound from r{number}"));
        format!("unbound r{number}")
    }

    fn may_not_manage(&self, device: usize) -> Option<&'static str> {
        let device = &self.devices[device];
        match device.running {
            _ if !device.alive => Some("stale"),
            Some("release") => Some("releasing"),
            Some("probe") => None,
            _ if device.driver.is_some() => None,
            _ => Some("not bound"),
        }
    }

    fn what(&self, what: What) -> String {
        match what {
            What::Value { release, .. } => format!("v{release}"),
            What::Device(device) => format!("d{}", self.devices[device].number),
        }
    }

    fn acquire(&mut self, owner: usize, what: What) {
        self.devices[owner].entries.push(self.entries.len());
        self.entries.push(Entry { owner, alive: true, what });
        let name = self.what(what);
        self.say(owner, &format!("manages {name}"));
    }

    fn take(&mut self, entry: usize) -> (usize, What) {
        let Entry { owner, what, .. } = self.entries[entry];
        self.entries[entry].alive = false;
        self.devices[owner].entries.retain(|other| *other != entry);
        (owner, what)
    }

    fn release(&mut self, entry: usize) {
        let (owner, what) = self.take(entry);
        let name = self.what(what);
        self.say(owner, &format!("releases {name}"));
        self.end_of(what);
        self.say(owner, &format!("released {name}"));
    }

    fn end_of(&mut self, what: What) {
        match what {
            What::Value { release, owner, .. } => {
                self.lines.push(format!("end of v{release}"));
                self.ops(&self.script.releases[release], owner);
            }
            What::Device(device) => {
                self.remove_when_idle(device);
            }
        }
    }

    fn disown(&mut self, entry: usize) {
        let (owner, what) = self.take(entry);
        let name = self.what(what);
        self.say(owner, &format!("disowned {name}"));
    }

    fn release_all(&mut self, device: usize) {
        self.devices[device].running = Some("release");
        while let Some(entry) = self.devices[device].entries.last().copied() {
            self.release(entry);
        }
    }

    fn settle(&mut self) {
        let mut rounds = 0;
        loop {
            if !self.to_remove.is_empty() {
                let device = self.to_remove.remove(0);
                self.remove_tree(device);
            } else if !self.missed.is_empty() {
                let device = self.missed.remove(0);
                self.attach(device);
            } else if !self.to_probe.is_empty() {
                let device = self.to_probe.remove(0);
                if self.devices[device].alive && self.devices[device].deferred_by.is_some() {
                    self.attach(device);
                }
            } else if !self.to_retry.is_empty() {
                let device = self.to_retry.remove(0);
                self.retry(device);
            } else {
                let alive = self.devices.iter().filter(|device| device.alive).count();
                let standing: Vec<usize> = self
                    .bound()
                    .into_iter()
                    .filter(|d| self.devices[*d].driver.is_some_and(|(_, bind)| self.fresh.contains(&bind)))
                    .collect();
                self.fresh.clear();
                if standing.is_empty() {
                    return;
                }
                if rounds >= 32 + 2 * alive {
                    self.lines.push(format!("binding doesn't settle: given up after {rounds} rounds"));
                    return;
                }
                rounds += 1;
                if !self.shut_down {
                    self.to_probe = self.deferred.clone();
                }
                let wanting = self.bound().into_iter().filter(|device| {
                    self.devices[*device].wants_retry && standing.iter().any(|other| other != device)
                });
                self.to_retry = wanting.collect();
            }
        }
    }

    fn retry(&mut self, device: usize) {
        let Device { alive: true, wants_retry: true, driver: Some((driver, _)), .. } = self.devices[device]
        else {
            return;
        };
        let number = self.drivers[driver].number;
        self.devices[device].running = Some("retry");
        self.say(device, &format!("retry by r{number}"));
        self.ops(&self.script.drivers[number].retry, self.devices[device].number);
        self.devices[device].running = None;
    }

    fn shutdown(&mut self) -> String {
        let (mut called, mut skipped) = (0, 0);
        if std::mem::replace(&mut self.shut_down, true) {
            return "called 0, skipped 0".into();
        }
        for device in self.bound().into_iter().rev() {
            let Some((driver, _)) = self.devices[device].driver.filter(|_| self.devices[device].alive) else {
                continue;
            };
            if self.devices[device].running.is_some() {
                skipped += 1;
                continue;
            }
            called += 1;
            let number = self.drivers[driver].number;
            self.devices[device].running = Some("shutdown");
            self.say(device, &format!("shutdown by r{number}"));
            self.ops(&self.script.drivers[number].shutdown, self.devices[device].number);
            self.devices[device].running = None;
        }
        format!("called {called}, skipped {skipped}")
    }

    fn tear_down(&mut self) {
        self.begin();
        for device in (0..self.devices.len()).rev() {
            self.remove(device);
        }
        for driver in (0..self.drivers.len()).rev() {
            self.unload(driver);
        }
        self.end();
    }
}

enum Answer {
    Said(String),
    OfDriver(&'static str, usize),
}

fn answer_of(attempt: Attempt) -> Answer {
    match attempt {
        Attempt::Bound(driver) => Answer::OfDriver("bound", driver),
        Attempt::Deferred(number) => Answer::Said(format!("deferred r{number}")),
        Attempt::Failed(number) => Answer::Said(format!("failed r{number}")),
        Attempt::Refused(why) => Answer::Said(why),
    }
}
