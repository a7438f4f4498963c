//! A Chrome trace of a run: probes and removes as spans, packets as they pass, and the steps above them. Perfetto opens
//! it.
//!
//! The time is virtual. Much happens at one moment of it; so that events do not cover each other, each event is at
//! least [`LEAST`] after the one before. The reader sees this drift as the time that software takes.

use board::live::{BusListener, ListenerFactory, Observer};
use board::text::visible;
use device_model::Event;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use virtual_hardware::link::{Content, Record, TapListener};

/// Nanoseconds between two events.
const LEAST: u64 = 200;

/// A trace in the making.
pub(crate) struct Trace {
    events: Arc<Mutex<Events>>,
    /// Probes, removes and retries that have begun and not ended.
    open: Cell<usize>,
}

#[derive(Default)]
struct Events {
    list: Vec<Value>,
    /// A row of the trace for each device and cable.
    rows: BTreeMap<String, u64>,
    /// Virtual time of the last packet, and the time of the last event; nanoseconds.
    now: u64,
    last: u64,
}

impl Events {
    fn push(&mut self, row: &str, phase: &str, name: &str, arguments: Value) {
        let (row, name) = (&*visible(row), &*visible(name));
        self.last = self.now.max(self.last + LEAST);
        let next = self.rows.len() as u64 + 1;
        let row = *self.rows.entry(row.to_owned()).or_insert(next);
        let microseconds = self.last as f64 / 1000.0;
        let mut event = json!({"ph": phase, "name": name, "pid": 1, "tid": row, "ts": microseconds});
        if let Some(event) = event.as_object_mut() {
            if phase == "i" {
                event.insert("s".to_owned(), json!("t"));
            }
            if phase == "X" {
                event.insert("dur".to_owned(), json!(LEAST as f64 / 1000.0));
            }
            if !arguments.is_null() {
                event.insert("args".to_owned(), arguments);
            }
        }
        self.list.push(event);
    }
}

/// The row of the steps.
const STEPS: &str = "steps";
/// The row of what changes on the DSI bus.
const BUS: &str = "DSI bus";

impl Trace {
    pub(crate) fn new() -> Self {
        Self { events: Arc::default(), open: Cell::new(0) }
    }

    fn push(&self, row: &str, phase: &str, name: &str) {
        lock(&self.events).push(row, phase, name, Value::Null);
    }

    pub(crate) fn begin_step(&self, step: &str) {
        self.push(STEPS, "B", step);
    }

    /// The step, with its outcome.
    pub(crate) fn end_step(&self, outcome: &str) {
        self.push(STEPS, "i", outcome);
        self.push(STEPS, "E", "");
    }

    /// The device model calls this with its events.
    pub(crate) fn observer(self: &Rc<Self>) -> Observer {
        let trace = self.clone();
        Rc::new(move |event| trace.note(event))
    }

    fn note(&self, event: &Event) {
        let begin = |row: &str, name: &str| {
            self.open.set(self.open.get() + 1);
            self.push(row, "B", name);
        };
        let end = |row: &str, name: &str| {
            self.open.set(self.open.get().saturating_sub(1));
            self.push(row, "E", name);
        };
        match event {
            Event::ProbeStarted { device, driver } => begin(&device.name, &format!("probe by {driver}")),
            Event::RemoveStarted { device, driver } => begin(&device.name, &format!("remove by {driver}")),
            Event::ProbeDeferred { device, reason, .. } | Event::ProbeFailed { device, reason, .. } => {
                self.push(&device.name, "i", reason);
                end(&device.name, "");
            }
            Event::Bound { device, .. } | Event::RemoveDone { device, .. } => end(&device.name, ""),
            other => self.push("device model", "i", &other.to_string()),
        }
    }

    /// The board calls this with what changes on the DSI bus.
    pub(crate) fn bus_listener(self: &Rc<Self>) -> BusListener {
        let trace = self.clone();
        Rc::new(move |name, state| trace.push(BUS, "i", &format!("{name}: {state}")))
    }

    /// Each cable's tap calls this with its packets.
    pub(crate) fn listener(self: &Rc<Self>) -> ListenerFactory {
        let events = self.events.clone();
        Rc::new(move |device| {
            let (events, row) = (events.clone(), format!("link to {device}"));
            let listener: TapListener = Arc::new(move |record| note_packet(&events, &row, record));
            listener
        })
    }

    /// The file's text.
    pub(crate) fn to_json(&self) -> String {
        let events = lock(&self.events);
        let names = events.rows.iter().map(|(name, row)| {
            json!({"ph": "M", "name": "thread_name", "pid": 1, "tid": row, "args": {"name": name}})
        });
        let all: Vec<Value> = names.chain(events.list.iter().cloned()).collect();
        json!({"traceEvents": all, "displayTimeUnit": "ns"}).to_string()
    }
}

fn note_packet(events: &Mutex<Events>, row: &str, record: &Record<'_>) {
    let mut events = lock(events);
    events.now = events.now.max(record.at.as_nanos());
    let bytes = match record.content {
        Content::Sent { bytes, .. } | Content::Received { bytes } => bytes,
        Content::Acknowledged | Content::Silence | Content::Contention => &[],
    };
    let text = record.to_string();
    // The time is the event's already.
    let name = text.split_once(": ").map_or(text.as_str(), |(_, name)| name);
    let arguments = json!({"bytes": hex(bytes), "length": bytes.len()});
    events.push(row, "X", name, arguments);
}

/// The first bytes of a packet.
fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 64;
    let shown: Vec<String> = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let rest = if bytes.len() > SHOWN { " …" } else { "" };
    format!("{}{rest}", shown.join(" "))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
