//! The functions in a report's stacks, without those that only found and printed the fault.

/// The prefixes of the functions of the checkers, the allocators, the locks and the scheduler: the function that called
/// them matters.
const MACHINERY: [&str; 58] = [
    "__alloc_object",
    "__asan_",
    "__create_object",
    "__down_",
    "__kasan_",
    "__kmalloc",
    "__list_",
    "__lock_acquire",
    "__might_",
    "__mutex_lock",
    "__mutex_unlock",
    "__schedule",
    "__switch_to",
    "__ubsan_",
    "__wait_for_common",
    "__warn",
    "__ww_mutex_lock",
    "_raw_read_lock",
    "_raw_spin_lock",
    "_raw_spin_unlock",
    "_raw_write_lock",
    "assign_lock_key",
    "check_deadlock",
    "check_noncircular",
    "check_prev",
    "check_slab_allocation",
    "debug_",
    "down_",
    "dump_stack",
    "kasan_",
    "kasprintf",
    "kfree",
    "kmalloc",
    "kmem_cache_alloc",
    "kmemdup",
    "kmemleak_",
    "kstrdup",
    "kvasprintf",
    "kzalloc",
    "lock_acquire",
    "lock_release",
    "msleep",
    "mutex_lock",
    "mutex_unlock",
    "poison_slab_object",
    "print_",
    "rcu_note_context_switch",
    "refcount_warn_saturate",
    "register_lock_class",
    "save_",
    "schedule",
    "set_track_prepare",
    "show_stack",
    "stack_trace_save",
    "ubsan_",
    "validate_chain",
    "warn_slowpath_fmt",
    "ww_mutex_lock",
];

/// Where the lab's own side begins, or a system call of its user space; what is below says nothing new.
const LAB: [&str; 5] = ["take", "take_in_thread", "do_one_initcall", "handle_syscall", "kthread"];

/// Whether a function only found a fault, and did not cause it.
pub(super) fn is_machinery(name: &str) -> bool {
    matches!(name, "panic" | "wait_for_completion") || MACHINERY.iter().any(|begin| name.starts_with(begin))
}

/// Whether a function is the lab's own that takes the steps.
pub(super) fn is_lab(name: &str) -> bool {
    LAB.contains(&name)
}

/// The function that a line of a stack names: `[<60979ddd>] devm_mipi_dsi_detach+0x3d/0x170`, or without the address; a
/// module's name may follow. None for lines that are not frames, and for frames that the kernel found by guessing,
/// which it marks with a `?`.
pub(super) fn frame(line: &str) -> Option<&str> {
    let line = line.strip_prefix("kmemleak:").unwrap_or(line).trim_start();
    let line = match line.strip_prefix("[<") {
        Some(rest) => rest.split_once(">] ")?.1,
        None => line,
    };
    let name = symbol(line)?;
    let mut more = line.split_whitespace().skip(1);
    let is_frame = more.next().is_none_or(|word| word.starts_with('[')) && more.next().is_none();
    is_frame.then_some(name)
}

/// The function at the beginning of `name+0x12/0x34`.
pub(super) fn symbol(text: &str) -> Option<&str> {
    let (name, offset) = text.split_once("+0x")?;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.$".contains(c));
    (is_name && offset.starts_with(|c: char| c.is_ascii_hexdigit())).then_some(name)
}

/// The functions of a stack, the innermost first, from the one where the fault is to the lab's own.
pub(super) fn stack(lines: &[&str]) -> Vec<String> {
    lines
        .iter()
        .filter_map(|line| frame(line))
        .skip_while(|name| is_machinery(name))
        .take_while(|name| !is_lab(name))
        .map(str::to_owned)
        .collect()
}
