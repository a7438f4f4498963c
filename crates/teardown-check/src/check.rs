//! Checks: the complete search of a shape under a model, and its results; models by their names.

use crate::course::{Course, Outcome, Outcomes, in_any_order, on_one_cpu, with_any_sleeps};
#[cfg(feature = "explorer")]
use crate::explorer::States;
use crate::follow::{self, FollowError};
use crate::names::Names;
use crate::note::Seen;
use crate::ownership::Ownership;
use crate::ownership::Production;
use crate::ownership::linux::{Linux, Rules};
use crate::property::{Broken, Event, Property};
use crate::replay::{self, Replay};
use crate::search::{Options, search};
use crate::shape::Shape;
#[cfg(feature = "explorer")]
use stateright::Model as _;
use std::time::{Duration, Instant};
use teardown_steps::Script;

/// All models, in the order of the reports: Linux and its repairs, as the thread discusses them, then this project's.
pub static MODELS: [&dyn Model; 7] = [
    &linux("linux-6.12", "drm_mipi_dsi.c of Linux 6.12: one reference, two owners", Rules::Linux612),
    &linux(
        "remove-action",
        "the patch on the kernel's list: the host's side removes the devres actions",
        Rules::RemoveAction,
    ),
    &linux(
        "idempotent",
        "detach and unregister tolerate being repeated; still one reference",
        Rules::Idempotent,
    ),
    &linux(
        "own-references",
        "calls tolerate being repeated, and each side has a reference of its own",
        Rules::OwnReferences,
    ),
    &linux("fail-late", "own references, and calls on a device that was unregistered fail", Rules::FailLate),
    &linux("notify", "the peripheral is told before the host's side removes its device", Rules::Notify),
    &Of::<Production> {
        name: "mipi-dsi",
        sentence: "this project's bus: a book, handles that release what they name, and everybody told",
        is_own: true,
        rules: (),
    },
];

/// A model of ownership, whatever its type.
pub trait Model: Sync {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// What it is, as a sentence without a full stop.
    fn sentence(&self) -> &'static str;

    /// Whether it is this project's own, which has to hold; the others are Linux and its repairs.
    fn is_own(&self) -> bool;

    /// Searches a shape completely, with one actor, and then with more, up to `actors`. Calls `progress` from time to
    /// time with the number of states.
    fn check(&self, shape: &Shape, actors: usize, progress: &(dyn Fn(usize) + Sync)) -> Checked;

    /// Follows a script; see [`follow::script`].
    ///
    /// # Errors
    ///
    /// The script has a step that can't be taken.
    fn follow(
        &self,
        shape: &Shape,
        names: &Names,
        script: &Script,
        property: Option<Property>,
    ) -> Result<Replay, FollowError>;

    /// The outcome of a course on a machine with one CPU.
    fn outcome(&self, course: &Course) -> Outcome;

    /// All possible outcomes of a course, with other sleeps and on other machines.
    fn outcomes(&self, course: &Course) -> Outcomes;

    /// Opens stateright's explorer, on this address; does not return while it runs.
    #[cfg(feature = "explorer")]
    fn explore(&self, shape: &Shape, actors: usize, address: &str);
}

/// The model with this name.
pub fn model(name: &str) -> Option<&'static dyn Model> {
    MODELS.into_iter().find(|model| model.name() == name)
}

/// The results of a search.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The name of the model.
    pub model: &'static str,
    /// How many actors there were at most.
    pub actors: usize,
    /// Different states that the search reached with the most actors.
    pub states: usize,
    /// Steps that were taken from them.
    pub steps: usize,
    /// How long all searches took.
    pub took: Duration,
    /// What is broken before anybody has taken anything apart.
    pub not_up: Option<Broken>,
    /// For each property that does not hold, the shortest way to break it, with as few actors as possible.
    pub counterexamples: Vec<Counterexample>,
    /// Expected events that never happened.
    pub never: Vec<Event>,
}

/// A way to break a property: the shortest, with as few actors as possible.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// What it breaks.
    pub property: Property,
    /// How many actors it takes.
    pub actors: usize,
    /// The steps, each with what it does.
    pub replay: Replay,
}

impl Counterexample {
    /// How many actions it takes.
    pub fn actions(&self) -> usize {
        self.replay.taken.iter().filter(|taken| taken.sets_out).count()
    }

    /// The script that takes its steps, on a board with these names.
    pub fn script(&self, names: &Names) -> Script {
        replay::script_of(&self.replay, names)
    }

    /// What its last step did.
    pub fn last(&self) -> Option<Seen> {
        self.replay.taken.last()?.seen
    }
}

impl Checked {
    /// Whether everything holds, and the search was not empty.
    pub fn holds(&self) -> bool {
        self.not_up.is_none() && self.counterexamples.is_empty() && self.never.is_empty()
    }

    /// The counterexample to a property.
    pub fn counterexample(&self, property: Property) -> Option<&Counterexample> {
        self.counterexamples.iter().find(|counterexample| counterexample.property == property)
    }
}

/// A bus core under some rules.
struct Of<O: Ownership> {
    name: &'static str,
    sentence: &'static str,
    is_own: bool,
    rules: O::Rules,
}

const fn linux(name: &'static str, sentence: &'static str, rules: Rules) -> Of<Linux> {
    Of { name, sentence, is_own: false, rules }
}

impl<O: Ownership> Model for Of<O> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn sentence(&self) -> &'static str {
        self.sentence
    }

    fn is_own(&self) -> bool {
        self.is_own
    }

    fn check(&self, shape: &Shape, actors: usize, progress: &(dyn Fn(usize) + Sync)) -> Checked {
        let begin = Instant::now();
        let mut checked = Checked {
            model: self.name,
            actors: actors.max(1),
            states: 0,
            steps: 0,
            took: Duration::ZERO,
            not_up: None,
            counterexamples: Vec::new(),
            never: expected(shape, actors),
        };
        for actors in 1..=actors.max(1) {
            search_with::<O>(self.rules, shape, actors, progress, &mut checked);
        }
        checked.counterexamples.sort_by_key(|counterexample| counterexample.property);
        checked.took = begin.elapsed();
        checked
    }

    fn follow(
        &self,
        shape: &Shape,
        names: &Names,
        script: &Script,
        property: Option<Property>,
    ) -> Result<Replay, FollowError> {
        follow::script::<O>(self.rules, shape, names, script, property)
    }

    fn outcome(&self, course: &Course) -> Outcome {
        on_one_cpu::outcome::<O>(self.rules, course)
    }

    fn outcomes(&self, course: &Course) -> Outcomes {
        let (on_any, broken) = in_any_order::outcomes::<O>(self.rules, course);
        Outcomes { on_one_cpu: with_any_sleeps::outcomes::<O>(self.rules, course), on_any, broken }
    }

    #[cfg(feature = "explorer")]
    fn explore(&self, shape: &Shape, actors: usize, address: &str) {
        States::<O>::new(self.rules, shape.clone(), actors).checker().serve(address.to_owned());
    }
}

/// The events that have to happen in a search of this shape: none without a peripheral that a driver knows, and with one
/// actor none that needs two.
fn expected(shape: &Shape, actors: usize) -> Vec<Event> {
    let can_happen =
        |event: &Event| !shape.peripherals.is_empty() && (actors > 1 || *event != Event::TransferInFlight);
    Event::ALL.into_iter().filter(can_happen).collect()
}

/// Searches with this many actors, and notes what fewer actors have not shown.
fn search_with<O: Ownership>(
    rules: O::Rules,
    shape: &Shape,
    actors: usize,
    progress: &(dyn Fn(usize) + Sync),
    checked: &mut Checked,
) {
    let searched = match search::<O>(rules, shape, actors, Options::default(), |_| true, progress) {
        Ok(searched) => searched,
        Err(broken) => {
            checked.not_up = Some(broken);
            return;
        }
    };
    checked.states = searched.states;
    checked.steps = searched.steps;
    checked.never.retain(|event| !searched.events.contains(event));
    for (property, way) in searched.broken {
        if checked.counterexample(property).is_some() {
            continue;
        }
        match follow::path::<O>(rules, shape, actors, &way) {
            Ok(replay) => checked.counterexamples.push(Counterexample { property, actors, replay }),
            // A property is not taken for kept because the way to break it got lost.
            Err(_) => checked.not_up.get_or_insert_default().add(property),
        }
    }
}
