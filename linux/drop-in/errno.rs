// SPDX-License-Identifier: GPL-2.0 OR MIT
//! Error numbers as the C interface returns them: negative.

use core::ffi::c_int;
use kernel::bindings;

macro_rules! numbers {
    ($($name:ident)*) => {
        $(
            #[allow(clippy::cast_possible_wrap)]
            pub(crate) const $name: c_int = -(bindings::$name as c_int);
        )*
    };
}

numbers! { EALREADY EDEADLK EEXIST EINVAL ENODATA ENODEV ENOMEM ENOSYS EPROBE_DEFER }

/// A pointer in whose place an error number is returned (`ERR_PTR`).
pub(crate) fn pointer<T>(error: c_int) -> *mut T {
    core::ptr::without_provenance_mut(error as isize as usize)
}

/// Whether a pointer is an error number (`IS_ERR`).
pub(crate) fn is_error<T>(pointer: *mut T) -> bool {
    pointer.addr() >= (-4095_isize) as usize
}
