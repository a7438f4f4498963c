//! Boots the user space, once for each order, and returns the result.

use super::initramfs;
use crate::judge::Judge;
use crate::log::{Counts, Report};
use crate::output;
use crate::told::Told;
use crate::verdict::{Judgement, Verdict};
use lab_orders::pipeline::{COMMON, PIPELINES, Pipeline};
use lab_orders::typed::Typed;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A user space that can be booted on a kernel.
#[derive(Debug)]
pub struct UserSpace<'judge> {
    judge: &'judge Judge<'judge>,
    base: Vec<u8>,
    boots: AtomicUsize,
}

impl<'judge> UserSpace<'judge> {
    /// Puts together what all boots need.
    ///
    /// # Errors
    ///
    /// busybox or dtc is not installed, or the kernel's modules are missing.
    pub fn new(judge: &'judge Judge<'judge>) -> io::Result<Self> {
        for pipeline in &PIPELINES {
            compile(judge.scratch(), pipeline)?;
        }
        let base = initramfs::base(&judge.kernel().modules)?;
        Ok(Self { judge, base, boots: AtomicUsize::new(0) })
    }

    /// Boots once, and returns the log with the judgement.
    ///
    /// # Errors
    ///
    /// The boot's memory could not be written, or is too large; the kernel could not be started, or its console could
    /// not be read.
    pub fn hear(&self, typed: &Typed) -> io::Result<(String, Judgement)> {
        let boot = self.boots.fetch_add(1, Ordering::Relaxed);
        let initramfs = self.judge.scratch().join(format!("initramfs-{boot}"));
        let mut bytes = self.base.clone();
        bytes.extend(initramfs::commands(&typed.pipeline.set_up(), &typed.commands)?);
        fs::write(&initramfs, bytes)?;
        let path = |option: &str, path: &Path| {
            let mut argument = OsString::from(option);
            argument.push(path);
            argument
        };
        let arguments = [
            path("initrd=", &initramfs),
            path("dtb=", &blob(self.judge.scratch(), typed.pipeline)),
            "dsi_lab.user_space=1".into(),
            // Without it, /dev/kmsg takes ten lines in five seconds.
            "printk.devkmsg=on".into(),
            "kmemleak.verbose=1".into(),
        ];
        let heard = self.judge.hear_with(Told::Commands(typed.commands.len()), &arguments);
        fs::remove_file(&initramfs)?;
        heard
    }

    /// Judges all of `orders`, in parallel; the judgements are in their order. `progress` is called after each.
    ///
    /// # Errors
    ///
    /// See [`Self::hear`]; one error ends all.
    pub fn judge_all(&self, orders: &[Typed], progress: &(dyn Fn() + Sync)) -> io::Result<Vec<Judgement>> {
        let judge = |typed| {
            let heard = self.hear(typed);
            progress();
            Ok(heard?.1)
        };
        orders.par_iter().map(judge).collect()
    }
}

fn blob(folder: &Path, pipeline: &Pipeline) -> PathBuf {
    folder.join(format!("{}.dtb", pipeline.name))
}

/// Compiles a pipeline's device tree.
fn compile(folder: &Path, pipeline: &Pipeline) -> io::Result<()> {
    let source = folder.join(format!("{}.dts", pipeline.name));
    fs::write(folder.join(COMMON.0), COMMON.1)?;
    fs::write(&source, pipeline.tree)?;
    let output = Command::new("dtc")
        .args(["-q", "-I", "dts", "-O", "dtb", "-i"])
        .arg(folder)
        .arg("-o")
        .arg(blob(folder, pipeline))
        .arg(&source)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("dtc: {}: {said}", pipeline.name)))
}

/// One line of JSON for an order.
#[must_use]
pub fn json(typed: &Typed, judgement: &Judgement) -> Value {
    let mut line = json!({
        "pipeline": typed.pipeline.name,
        "commands": typed.commands,
        "i2c_transfers": judgement.counts.i2c_transfers(),
        "i2c": judgement.counts.i2c,
    });
    if let (Value::Object(line), Value::Object(more)) = (&mut line, output::verdict_json(judgement)) {
        line.extend(more);
    }
    line
}

/// How often the chips on I2C were accessed, in one line.
#[must_use]
pub fn asked(counts: &Counts) -> String {
    if counts.i2c.is_empty() {
        return "I2C transfers 0".to_owned();
    }
    let chips: Vec<_> = counts.i2c.iter().map(|(chip, times)| format!("{chip} {times}")).collect();
    format!("I2C transfers {} ({})", counts.i2c_transfers(), chips.join(", "))
}

/// A verdict in one line; if the first report is not about the DSI bus, with the first report that is.
fn line(judgement: &Judgement) -> String {
    let first = output::line(judgement);
    let is_the_bus = |report: &&Report| report.dsi_function().is_some();
    match judgement.reports.iter().find(is_the_bus) {
        Some(report) if judgement.reports.first().is_some_and(|first| !is_the_bus(&first)) => {
            format!("{first}, then {} ({})", output::said(report), output::place(report))
        }
        _ => first,
    }
}

/// The table: every order with its verdict, and how many of each pipeline.
#[must_use]
pub fn table(judged: &[(Typed, Judgement)]) -> String {
    let mut text = String::new();
    let mut counts = String::new();
    for pipeline in &PIPELINES {
        let of_it: Vec<_> = judged.iter().filter(|(typed, _)| typed.pipeline.name == pipeline.name).collect();
        if of_it.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{}", pipeline.name);
        for (typed, judgement) in &of_it {
            let _ = writeln!(text, "  {}\n      {}", typed.commands.join("; "), line(judgement));
        }
        let count =
            |is: fn(&Verdict) -> bool| of_it.iter().filter(|(_, judgement)| is(&judgement.verdict)).count();
        let clean = count(|verdict| matches!(verdict, Verdict::Clean));
        let reported = count(|verdict| matches!(verdict, Verdict::Reported(_)));
        let errors = of_it.len() - clean - reported;
        let _ = writeln!(counts, "{:14} {clean:5}  {reported:8}  {errors:6}", pipeline.name);
    }
    let _ = writeln!(text, "\n{:14} clean  reported  errors\n{counts}", "");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Boot;
    use crate::verdict::judge;

    const LOG: &str = "\
dsi_lab: checkers: kasan 1 lockdep 1 jiffies 4294937311
dsi_lab: before: lockdep 1 tainted 0
dsi_lab: set up: i2c
dsi_lab: step 1 rmmod tc358768: begin
dsi_lab: step 1 rmmod tc358768: returned 0
dsi_lab: after: begin
dsi_lab: left: lockdep 1 tainted 0
dsi_lab: end: i2c 1-002c 27 0-000e 43
";

    #[test]
    fn the_chips_are_shown_and_in_a_line_of_json() {
        let judgement = judge(&Boot { log: LOG.to_owned(), timed_out: false });
        assert_eq!(judgement.verdict, Verdict::Clean);
        assert_eq!(asked(&judgement.counts), "I2C transfers 70 (0-000e 43, 1-002c 27)");
        assert_eq!(asked(&Counts::default()), "I2C transfers 0");
        let typed = Typed { pipeline: &PIPELINES[0], commands: vec!["rmmod tc358768".to_owned()] };
        let line = json(&typed, &judgement);
        assert_eq!(line["i2c_transfers"], 70);
        assert_eq!(line["i2c"], json!({ "0-000e": 43, "1-002c": 27 }));
    }
}
