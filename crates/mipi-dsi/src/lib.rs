//! A MIPI DSI bus in which every order of arrival and removal is safe.
#![no_std]
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod bus;
pub mod dcs;
pub mod wire;
