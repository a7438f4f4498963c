//! Reads what divan prints, and writes Markdown tables of it.
//!
//! Several runs one behind the other are taken together: of each benchmark the fastest sample of all runs counts, which
//! is what stays when the other work of the machine is taken away. [`Figures`] holds them by their path, such as
//! `frame/encode/simd`; [`Figures::summary`] sets them beside the numbers to hold.
//!
//! divan has no other output than its tree; only the names, the column `fastest` and the rate below it are read.

use std::collections::BTreeMap;
use std::fmt::Write;

/// What one benchmark took at its fastest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Nanoseconds of one iteration.
    pub ns: f64,
    /// Bytes a second, where the benchmark counts bytes.
    pub bytes_per_second: Option<f64>,
}

/// The figures of all benchmarks, by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    figures: BTreeMap<String, Figure>,
}

impl Figures {
    /// Reads the output of any number of runs.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut path: Vec<&str> = Vec::new();
        // The benchmark of the last line, if it was the fastest so far: the next line may have its rate.
        let mut last: Option<String> = None;
        for line in text.lines() {
            if let Some((depth, name, columns)) = branch(line) {
                path.truncate(depth);
                path.push(name);
                last = amount(columns).and_then(|(value, unit)| Some(value * nanoseconds(unit)?)).and_then(
                    |ns| {
                        let path = path.join("/");
                        let is_fastest = read.figures.get(&path).is_none_or(|before| ns < before.ns);
                        is_fastest.then(|| {
                            read.figures.insert(path.clone(), Figure { ns, bytes_per_second: None });
                            path
                        })
                    },
                );
            } else if line.contains("fastest") && line.contains("slowest") {
                path = line.split_whitespace().take(1).collect();
                last = None;
            } else if let (Some(path), Some((value, unit))) = (&last, amount(line))
                && let (Some(figure), Some(factor)) = (read.figures.get_mut(path), bytes_per_second(unit))
            {
                figure.bytes_per_second = Some(value * factor);
            }
        }
        read
    }

    /// The figure of a benchmark.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Figure> {
        self.figures.get(path).copied()
    }

    /// All figures whose path begins so, with the rest of their path.
    pub fn below<'a>(&'a self, start: &'a str) -> impl Iterator<Item = (&'a str, Figure)> {
        self.figures.iter().filter_map(move |(path, figure)| Some((path.strip_prefix(start)?, *figure)))
    }

    /// The numbers to hold, and what was measured, as a table.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut table = String::from("| what | goal | measured |\n|---|---|---|\n");
        for (what, goal, measured) in [
            (
                "what a packet through the bus takes more than calling the host directly",
                "at most 0.9 of two rounds of std's mutex",
                self.through_the_bus(),
            ),
            (
                "a packet while four callers wait elsewhere, compared with while nobody does",
                "less than 1.10",
                self.while_four_wait("packet"),
            ),
            ("a read while four callers wait elsewhere", "less than 1.10", self.while_four_wait("read")),
            (
                "finding a host by its name, compared with the fewest hosts",
                "less than 1.10",
                self.growth("bus/elsewhere/find_by_name/"),
            ),
            (
                "portable CRC, compared with crate `crc`'s 16-byte table",
                "not slower",
                self.ratios("checksum/portable/sliced/", "checksum/portable/crate_crc_table16/"),
            ),
            (
                "SIMD CRC handed in, compared with crate `crc-fast` alone",
                "not slower",
                self.ratios("checksum/simd/through_the_trait/", "checksum/simd/crate_crc_fast/"),
            ),
            (
                "1080p RGB888 frame to packets, portable",
                "2 x link (2.5 GB/s)",
                self.of_link("frame/encode/portable"),
            ),
            ("the same with SIMD", "4 x link (5 GB/s)", self.of_link("frame/encode/simd")),
            ("for comparison: memcpy of the frame", "", self.of_link("frame/encode/memcpy")),
        ] {
            // A table of some of the benchmarks is a table too.
            if let Some(measured) = measured {
                let _ = writeln!(table, "| {what} | {goal} | {measured} |");
            }
        }
        table
    }

    /// All figures of one benchmark file, as a table: its groups below each other, arguments side by side.
    #[must_use]
    pub fn table(&self, file: &str) -> String {
        let mut rows: BTreeMap<&str, Vec<(&str, Figure)>> = BTreeMap::new();
        for (path, figure) in self.below(file) {
            let path = path.trim_start_matches('/');
            // A last name that is a number is an argument.
            let (row, argument) = match path.rsplit_once('/') {
                Some((row, argument)) if argument.parse::<u64>().is_ok() => (row, argument),
                _ => (path, ""),
            };
            rows.entry(row).or_default().push((argument, figure));
        }
        let mut table = String::from("| benchmark | fastest |\n|---|---|\n");
        for (row, mut cells) in rows {
            cells.sort_by_key(|(argument, _)| argument.parse::<u64>().ok());
            let cells: Vec<_> = cells.into_iter().map(|(argument, figure)| cell(argument, figure)).collect();
            let _ = writeln!(table, "| {row} | {} |", cells.join("; "));
        }
        table
    }

    /// How much slower the bus is than the host alone: least and most over the kinds of handle.
    fn through_the_bus(&self) -> Option<String> {
        let more = |through: &str, direct: &str| {
            Some(
                self.get(&format!("bus/packet/{through}"))?.ns
                    - self.get(&format!("bus/packet/{direct}"))?.ns,
            )
        };
        let all = [
            more("through_the_bus_static_concrete", "direct_concrete"),
            more("through_the_bus_static_dyn", "direct_dyn"),
            more("through_the_bus_arc_concrete", "direct_concrete"),
            more("through_the_bus_arc_dyn", "direct_dyn"),
        ];
        let (least, most) = extremes(all.into_iter().flatten())?;
        let rounds = self.get("bus/packet/two_lock_rounds")?.ns;
        Some(format!(
            "{:.2} to {:.2} ({least:.1} to {most:.1} ns; two rounds {rounds:.1} ns)",
            least / rounds,
            most / rounds
        ))
    }

    /// How many times as long something takes while four wait for another host's link, for each number of hosts.
    fn while_four_wait(&self, what: &str) -> Option<String> {
        let alone = format!("bus/elsewhere/{what}_alone/");
        per_number_of_hosts(self.below(&alone).filter_map(|(hosts, alone)| {
            let waiting = self.get(&format!("bus/elsewhere/{what}_while_four_wait/{hosts}"))?;
            Some((hosts.parse().ok()?, waiting.ns / alone.ns))
        }))
    }

    /// How many times as long something takes as with the fewest hosts, for each greater number of hosts.
    fn growth(&self, path: &str) -> Option<String> {
        let figures = self.below(path).filter_map(|(hosts, figure)| Some((hosts.parse().ok()?, figure.ns)));
        let figures: BTreeMap<u64, f64> = figures.collect();
        let fewest = *figures.values().next()?;
        per_number_of_hosts(figures.into_iter().skip(1).map(|(hosts, ns)| (hosts, ns / fewest)))
    }

    /// How many times as fast as its peer, least and most over the sizes that both have.
    fn ratios(&self, ours: &str, peers: &str) -> Option<String> {
        let ratios: Vec<(u64, f64)> = self
            .below(ours)
            .filter_map(|(size, figure)| {
                let peer = self.get(&format!("{peers}{size}"))?;
                Some((size.parse().ok()?, peer.ns / figure.ns))
            })
            .collect();
        let (least, most) = extremes(ratios.iter().map(|(_, ratio)| *ratio))?;
        let line = ratios.iter().find(|(size, _)| *size == 5760)?.1;
        let rate = self.get(&format!("{ours}5760"))?.bytes_per_second? / 1e9;
        Some(format!(
            "{least:.2} to {most:.2} times as fast over all sizes; a line of 5760 bytes {line:.2} times, {rate:.1} GB/s"
        ))
    }

    fn of_link(&self, path: &str) -> Option<String> {
        /// Four lanes of 2.5 Gbit/s.
        const LINK: f64 = 1.25e9;
        let figure = self.get(path)?;
        let rate = figure.bytes_per_second?;
        Some(format!("{:.1} GB/s, {:.1} x link ({:.0} µs)", rate / 1e9, rate / LINK, figure.ns / 1e3))
    }
}

/// Ratios by the number of hosts that they were measured with, fewest first.
fn per_number_of_hosts(ratios: impl Iterator<Item = (u64, f64)>) -> Option<String> {
    let ratios: BTreeMap<u64, f64> = ratios.collect();
    let ratios: Vec<_> = ratios.iter().map(|(hosts, ratio)| format!("{ratio:.2} ({hosts} hosts)")).collect();
    (!ratios.is_empty()).then(|| ratios.join("; "))
}

fn extremes(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |extremes, value| {
        let (least, most) = extremes.unwrap_or((value, value));
        Some((least.min(value), most.max(value)))
    })
}

fn cell(argument: &str, figure: Figure) -> String {
    let time = match figure.ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns => format!("{:.2} ms", ns / 1e6),
    };
    // The rate of a few bytes says nothing that the time does not.
    let rate = figure
        .bytes_per_second
        .filter(|_| argument.parse::<u64>().is_ok_and(|len| len >= 64) || argument.is_empty());
    let rate = rate.map(|rate| format!(" ({:.2} GB/s)", rate / 1e9)).unwrap_or_default();
    // Arguments are bytes where the benchmark counts bytes, and otherwise hosts.
    let unit = if figure.bytes_per_second.is_some() { "B" } else { "hosts" };
    if argument.is_empty() { format!("{time}{rate}") } else { format!("{argument} {unit}: {time}{rate}") }
}

/// A line with a name in the tree: how deep it is, the name, and what follows.
fn branch(line: &str) -> Option<(usize, &str, &str)> {
    let at = line.find("├─ ").or_else(|| line.find("╰─ "))?;
    // A step of the tree is three characters wide.
    let depth = line.get(..at)?.chars().count() / 3 + 1;
    let rest = line.get(at..)?.split_once("─ ")?.1;
    let name = rest.split_whitespace().next()?;
    Some((depth, name, rest.strip_prefix(name)?))
}

/// The first number of some columns and its unit.
fn amount(columns: &str) -> Option<(f64, &str)> {
    let mut words = columns.split_whitespace().skip_while(|word| *word == "│");
    Some((words.next()?.parse().ok()?, words.next()?))
}

fn nanoseconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ps" => 1e-3,
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    })
}

fn bytes_per_second(unit: &str) -> Option<f64> {
    Some(match unit {
        "B/s" => 1.0,
        "KB/s" => 1e3,
        "MB/s" => 1e6,
        "GB/s" => 1e9,
        "TB/s" => 1e12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two runs as divan 0.1.21 prints them; in the second one the machine was busier, but for one benchmark.
    const RUNS: &str = "\
Timer precision: 20 ns
frame                   fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ decode                             │               │               │               │         │
│  ╰─ simd              163.4 µs      │ 4.254 ms      │ 166.1 µs      │ 188.8 µs      │ 200     │ 200
│                       38.05 GB/s    │ 1.462 GB/s    │ 37.45 GB/s    │ 32.94 GB/s    │         │
╰─ encode                             │               │               │               │         │
   ├─ memcpy            103.2 µs      │ 4.497 ms      │ 105 µs        │ 139.7 µs      │ 200     │ 200
   │                    60.24 GB/s    │ 1.383 GB/s    │ 59.23 GB/s    │ 44.52 GB/s    │         │
   ╰─ portable          1.072 ms      │ 5.857 ms      │ 1.127 ms      │ 1.336 ms      │ 200     │ 200
                        5.799 GB/s    │ 1.062 GB/s    │ 5.519 GB/s    │ 4.655 GB/s    │         │

frame                   fastest       │ slowest       │ median        │ mean          │ samples │ iters
╰─ encode                             │               │               │               │         │
   ├─ memcpy            206.4 µs      │ 4.497 ms      │ 105 µs        │ 139.7 µs      │ 200     │ 200
   │                    30.12 GB/s    │ 1.383 GB/s    │ 59.23 GB/s    │ 44.52 GB/s    │         │
   ╰─ portable          1.000 ms      │ 5.857 ms      │ 1.127 ms      │ 1.336 ms      │ 200     │ 200
                        6.221 GB/s    │ 1.062 GB/s    │ 5.519 GB/s    │ 4.655 GB/s    │         │
checksum                fastest       │ slowest       │ median        │ mean          │ samples │ iters
╰─ portable                           │               │               │               │         │
   ├─ sliced                          │               │               │               │         │
   │  ╰─ 5760           900 ns        │ 1 µs          │ 1 µs          │ 1 µs          │ 300     │ 300
   │                    6.4 GB/s      │ 6 GB/s        │ 6 GB/s        │ 6 GB/s        │         │
   ╰─ crate_crc_table16               │               │               │               │         │
      ╰─ 5760           1.8 µs        │ 2 µs          │ 2 µs          │ 2 µs          │ 300     │ 300
                        3.2 GB/s      │ 3 GB/s        │ 3 GB/s        │ 3 GB/s        │         │
header                  fastest       │ slowest       │ median        │ mean          │ samples │ iters
╰─ code                 0.426 ns      │ 7.082 ns      │ 0.692 ns      │ 0.703 ns      │ 300     │ 1228800
";

    #[test]
    fn the_fastest_of_all_runs_counts_with_its_rate() {
        let figures = Figures::read(RUNS);
        let figure = |path| figures.get(path).map(|figure| (figure.ns, figure.bytes_per_second));
        assert_eq!(figure("frame/encode/memcpy"), Some((103_200.0, Some(60.24e9))));
        assert_eq!(figure("frame/encode/portable"), Some((1_000_000.0, Some(6.221e9))));
        assert_eq!(figure("frame/decode/simd"), Some((163_400.0, Some(38.05e9))));
        assert_eq!(figure("header/code"), Some((0.426, None)));
        assert_eq!(figure("frame/decode"), None);
    }

    #[test]
    fn the_summary_has_a_row_for_what_was_measured() {
        let summary = Figures::read(RUNS).summary();
        assert!(summary.contains("| 6.2 GB/s, 5.0 x link (1000 µs) |"), "{summary}");
        assert!(summary.contains("a line of 5760 bytes 2.00 times, 6.4 GB/s"), "{summary}");
        assert!(!summary.contains("through the bus"), "{summary}");
    }

    #[test]
    fn the_bus_is_compared_with_the_direct_call_and_with_nobody_waiting() {
        let runs = "\
bus                                    fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ elsewhere                                         │               │               │               │         │
│  ├─ find_by_name                                   │               │               │               │         │
│  │  ├─ 4                             100 ns        │ 26.89 µs      │ 103.5 ns      │ 345.4 ns      │ 300     │ 90000
│  │  ╰─ 1000                          104 ns        │ 26.89 µs      │ 101.2 ns      │ 326.2 ns      │ 300     │ 90000
│  ├─ packet_alone                                   │               │               │               │         │
│  │  ╰─ 1000                          20 ns         │ 28.12 ns      │ 27.51 ns      │ 27.51 ns      │ 300     │ 90000
│  ╰─ packet_while_four_wait                         │               │               │               │         │
│     ╰─ 1000                          21 ns         │ 44.57 ns      │ 27.84 ns      │ 27.91 ns      │ 300     │ 90000
╰─ packet                                            │               │               │               │         │
   ├─ direct_dyn                       8 ns          │ 38.48 ns      │ 8.733 ns      │ 8.802 ns      │ 1000    │ 1000000
   ├─ through_the_bus_arc_dyn          28 ns         │ 5.425 µs      │ 27.42 ns      │ 37.06 ns      │ 1000    │ 1000000
   ╰─ two_lock_rounds                  40 ns         │ 4.097 µs      │ 34.76 ns      │ 51.36 ns      │ 1000    │ 1000000
";
        let figures = Figures::read(runs);
        let summary = figures.summary();
        assert!(summary.contains("| 0.50 to 0.50 (20.0 to 20.0 ns; two rounds 40.0 ns) |"), "{summary}");
        assert!(summary.contains("| less than 1.10 | 1.05 (1000 hosts) |"), "{summary}");
        assert!(summary.contains("| less than 1.10 | 1.04 (1000 hosts) |"), "{summary}");
        assert!(!summary.contains("a read while"), "{summary}");
        let table = figures.table("bus");
        assert!(
            table.contains("| elsewhere/find_by_name | 4 hosts: 100.0 ns; 1000 hosts: 104.0 ns |"),
            "{table}"
        );
    }

    #[test]
    fn a_table_has_arguments_side_by_side() {
        let table = Figures::read(RUNS).table("checksum");
        assert!(table.contains("| portable/sliced | 5760 B: 900.0 ns (6.40 GB/s) |"), "{table}");
    }
}
